/**
 * Who may give and take which member role. Owners may do everything; admins manage those below themselves and may give
 * roles up to their own; everybody may leave or step down.
 */
import { type Actor, hasRole, type MemberRole } from "#kernel/call";
import { AppError } from "#kernel/errors";

const ascending: readonly MemberRole[] = ["viewer", "editor", "admin", "owner"];

export function lowerOf(a: MemberRole, b: MemberRole): MemberRole {
  return ascending.indexOf(a) <= ascending.indexOf(b) ? a : b;
}

export function requireMayGive(actor: Actor, role: MemberRole): void {
  if (!hasRole(actor, role)) throw new AppError("forbidden", `the role "${role}" cannot be given: yours is "${actor.role}"`);
}

/** `current` is the role the member has; `isSelf` when the actor is that member. */
export function requireMayManage(actor: Actor, current: MemberRole, isSelf: boolean): void {
  if (isSelf || actor.role === "owner") return;
  const below = hasRole(actor, "admin") && ascending.indexOf(current) < ascending.indexOf("admin");
  if (!below) throw new AppError("forbidden", `a member with the role "${current}" cannot be changed: yours is "${actor.role}"`);
}
