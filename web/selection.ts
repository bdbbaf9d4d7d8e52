/** Which checks are chosen for a bulk action. A row reads only whether it is chosen itself, so that choosing one redraws one. */
import { cell, keyed, useEntry } from "./store.ts";

const marks = keyed<boolean>();

export const selected = cell<ReadonlySet<string>>(new Set());

export function useIsSelected(id: string): boolean {
  return useEntry(marks, id) ?? false;
}

export function select(ids: Iterable<string>): void {
  const next = new Set(ids);
  const before = selected.get();
  marks.put([...[...before].filter((id) => !next.has(id)).map((id) => [id, false] as const), ...[...next].map((id) => [id, true] as const)]);
  selected.set(next);
}

export function toggle(ids: readonly string[]): void {
  const next = new Set(selected.get());
  if (ids.some((id) => !next.has(id))) for (const id of ids) next.add(id);
  else for (const id of ids) next.delete(id);
  select(next);
}

/** From the one that was chosen last to this one, in the order of the list. */
export function selectRange(order: readonly string[], from: string | undefined, to: string): void {
  const [a, b] = [order.indexOf(from ?? to), order.indexOf(to)];
  if (a === -1 || b === -1) return toggle([to]);
  select([...selected.get(), ...order.slice(Math.min(a, b), Math.max(a, b) + 1)]);
}
