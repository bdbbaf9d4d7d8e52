/** Figures of a fault test. */
import type { History } from "./history.ts";
import { carrierOf } from "./message_rules.ts";
import { repeated } from "./slot_rules.ts";
import type { Stage } from "./stage.ts";

/** From the start of each process to the first request of a check, in milliseconds; of those that lived to see one. */
export function restartTimes({ nemesis, world }: Pick<Stage, "nemesis" | "world">): number[] {
  return nemesis.starts.flatMap((startMs, i) => {
    const untilMs = nemesis.starts[i + 1] ?? Number.POSITIVE_INFINITY;
    const first = world.requests.find(({ atMs }) => atMs >= startMs && atMs < untilMs);
    return first ? [first.atMs - startMs] : [];
  });
}

/** Most times within one second, as a multiple of what an even spread over the whole would give. */
export function crowding(timesMs: readonly number[], overMs: number): number {
  const sorted = timesMs.toSorted((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while (sorted[to]! - sorted[from]! >= 1_000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most / ((sorted.length * 1_000) / overMs);
}

/** From the end of the run that found an outage to its message at a receiver, in milliseconds; of first deliveries only. */
export function tellTimes({ checks, incidents, deliveries }: History): number[] {
  return deliveries.flatMap(({ id, eventType, incidentIds, atMs }, i) => {
    if (eventType !== "incident.opened" || deliveries.findIndex((one) => one.id === id) < i) return [];
    const incident = incidents.find((one) => one.id === incidentIds[0]);
    const runs = checks.find((check) => check.id === incident?.checkId)?.results ?? [];
    const found = runs.find(({ startedAtMs }) => Math.abs(startedAtMs - incident!.startedAtMs) <= 1);
    return found ? [atMs - found.finishedAtMs] : [];
  });
}

export interface Tally {
  done: number;
  missed: number;
  /** Slots with two results. */
  doubled: number;
  messages: number;
  /** Of these, carried by another one's message. */
  grouped: number;
  /** Sent by the ledger's word, and no receiver took it. */
  lost: number;
  /** Taken again under the same id. */
  repeated: number;
}

export function tallyOf({ checks, notifications, deliveries }: History): Tally {
  const scheduled = checks.map(({ results }) => results.filter(({ trigger }) => trigger === "schedule").map(({ slotMs }) => slotMs));
  const answered = deliveries.filter(({ answeredWell }) => answeredWell).map(({ id }) => id);
  const taken = new Set(answered);
  const sent = notifications.filter(({ state }) => state === "sent");
  return {
    done: scheduled.flat().length,
    missed: checks.flatMap(({ missed }) => missed).reduce((sum, { count }) => sum + count, 0),
    doubled: scheduled.flatMap(repeated).length,
    messages: sent.length,
    grouped: sent.filter(({ groupedInto }) => groupedInto !== "").length,
    lost: sent.filter((row) => !taken.has(carrierOf(row))).length,
    repeated: repeated(answered).length,
  };
}
