/** Who may call whom, when callers show certificates: a role is called by those that need it, and by its own kind elsewhere. */
import type { AnyRole } from "#kernel/role";

/** Role → roles that may call it. */
export function callersOf(roles: readonly AnyRole[]): Map<string, ReadonlySet<string>> {
  return new Map(roles.map(({ name }) => [name, new Set([name, ...roles.flatMap((other) => (Object.hasOwn(other.needs, name) ? [other.name] : []))])]));
}
