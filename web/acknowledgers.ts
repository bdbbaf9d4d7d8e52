/** Who acknowledged an incident. Lists do not carry it: it is read from the incident's own timeline, once. */
import { useEffect } from "preact/hooks";
import { get } from "./api.ts";
import { keyed, useEntry } from "./store.ts";
import type { Incident } from "./types.ts";

const known = keyed<string>();

export function useAcknowledger({ id, acknowledgedAt, timeline }: Incident): string | undefined {
  // Acknowledged again is another key.
  const key = `${id} ${acknowledgedAt}`;
  const found = useEntry(known, key);
  useEffect(() => {
    if (known.get(key) !== undefined) return;
    const actor = actorIn(timeline);
    if (actor) return known.put([[key, actor]]);
    // Without an answer the row says when, and not who.
    get<Incident>(`/incidents/${id}`).then(
      (whole) => known.put([[key, actorIn(whole.timeline) ?? ""]]),
      () => undefined,
    );
  }, [key]);
  return found;
}

function actorIn(timeline: Incident["timeline"]): string | undefined {
  return timeline?.findLast(({ type }) => type === "acknowledged")?.actor;
}
