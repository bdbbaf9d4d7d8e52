/** Names for the ids of people. Who may not list the members still knows themselves. */
import { get, session } from "./api.ts";
import { cell, useCell } from "./store.ts";
import type { List, Member } from "./types.ts";

const names = cell<ReadonlyMap<string, string>>(new Map());
let asked = "";

export function usePersonName(): (id: string) => string {
  const who = useCell(session);
  const known = useCell(names);
  if (who && asked !== who.tenant.id) {
    asked = who.tenant.id;
    get<List<Member>>("/members").then(
      ({ items }) => names.set(new Map(items.map(({ user }) => [user.id, user.name || user.email]))),
      () => names.set(new Map([[who.user.id, who.user.name || who.user.email]])),
    );
  }
  return (id) => known.get(id) ?? id;
}
