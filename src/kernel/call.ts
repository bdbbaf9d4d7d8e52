/**
 * What travels with every call between roles, near or far: who asks, for which tenant, until when, and in which trace.
 */
import type { Clock } from "./clock.ts";
import { AppError } from "./errors.ts";

export type MemberRole = "owner" | "admin" | "editor" | "viewer";

/** Who acts. `system` is the product itself; `anonymous` has shown nothing. */
export interface Actor {
  type: "user" | "api_key" | "system" | "anonymous";
  /** `usr_…`, `key_…`, or the name of the role that acts. */
  id: string;
  role: MemberRole | "none";
  /** Address of the client, empty when there is none. */
  ip: string;
}

export interface Call {
  /** `ten_…`, or "" for work of the platform itself. Set only by authentication, never from a request's body or headers. */
  readonly tenantId: string;
  readonly actor: Actor;
  readonly requestId: string;
  /** W3C trace context, "" when not traced. */
  readonly traceparent: string;
  /** Epoch milliseconds by which an answer is worth something; Infinity when there is no limit. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

const neverAborts = new AbortController().signal;

/** A call by the product itself, outside of any request. */
export function systemCall(role: string, tenantId = ""): Call {
  return {
    tenantId,
    actor: { type: "system", id: role, role: "owner", ip: "" },
    requestId: "",
    traceparent: "",
    deadlineMs: Number.POSITIVE_INFINITY,
    signal: neverAborts,
  };
}

export function withTimeout(call: Call, clock: Clock, timeoutMs: number): Call {
  return { ...call, deadlineMs: Math.min(call.deadlineMs, clock.now() + timeoutMs) };
}

export function withSignal(call: Call, signal: AbortSignal): Call {
  return { ...call, signal: call.signal === neverAborts ? signal : AbortSignal.any([call.signal, signal]) };
}

/** The tenant of a call; refuses a call that has none, so that no query runs unscoped by accident. */
export function tenantOf(call: Call): string {
  if (call.tenantId === "") throw new AppError("unauthenticated", "no tenant: sign in or send an API key");
  return call.tenantId;
}

const rank: Record<Actor["role"], number> = { none: 0, viewer: 1, editor: 2, admin: 3, owner: 4 };

export function hasRole(actor: Actor, atLeast: MemberRole): boolean {
  return rank[actor.role] >= rank[atLeast];
}

export function requireRole(call: Call, atLeast: MemberRole): void {
  if (!hasRole(call.actor, atLeast)) {
    throw new AppError("forbidden", `this needs the member role "${atLeast}": yours is "${call.actor.role}"`);
  }
}
