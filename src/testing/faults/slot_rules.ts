/** Every due slot ends once: as a result or as a missed record that says why. And a result tells the truth. */
import type { History, WatchedCheck } from "./history.ts";
import type { Asked } from "./world.ts";

/** A result may be under way, and the newest may not be written yet. */
const graceMs = 3_000;
// Clocks of two processes of one machine agree, but for what is cut off of a millisecond.
const slackMs = 5;

export function slotViolations(history: History): string[] {
  return history.checks.flatMap((check) => [...accounting(check, history.endedAtMs), ...truthfulness(check, history.requests.filter(({ target }) => target === check.target))]);
}

function accounting(check: WatchedCheck, endedAtMs: number): string[] {
  const { id, everyMs, results, missed } = check;
  const found: string[] = [];
  const done = results.filter(({ trigger }) => trigger === "schedule").map(({ slotMs }) => slotMs);
  for (const twice of repeated(done)) found.push(`check ${id}: slot ${at(twice)} has two results`);
  for (const twice of repeated(results.map((result) => result.id))) found.push(`check ${id}: two results have the id ${twice}`);
  for (const { reason, firstSlotMs } of missed) if (reason === "") found.push(`check ${id}: slot ${at(firstSlotMs)} is missed without a reason`);
  const absent = missed.flatMap(({ firstSlotMs, count }) => Array.from({ length: count }, (_, i) => firstSlotMs + i * everyMs));
  for (const twice of repeated(absent)) found.push(`check ${id}: slot ${at(twice)} is missed twice`);
  for (const both of absent.filter((slot) => new Set(done).has(slot))) found.push(`check ${id}: slot ${at(both)} has a result and is missed`);

  const all = [...new Set([...done, ...absent])].toSorted((a, b) => a - b);
  if (all.length === 0) return [...found, `check ${id}: it never ran`];
  all.forEach((slot, i) => {
    if (i > 0 && slot - all[i - 1]! > everyMs) found.push(`check ${id}: slots between ${at(all[i - 1]!)} and ${at(slot)} are neither done nor missed`);
    if (i > 0 && slot - all[i - 1]! < everyMs) found.push(`check ${id}: slot ${at(slot)} does not lie on the grid`);
  });
  if (all.at(-1)! < endedAtMs - everyMs - graceMs) found.push(`check ${id}: nothing is known of the slots after ${at(all.at(-1)!)}`);
  return found;
}

/** A run says what the target answered while it lasted, and it lasts until the answer is there. */
function truthfulness(check: WatchedCheck, requests: Asked[]): string[] {
  return check.results.flatMap(({ status, startedAtMs, finishedAtMs, slotMs, error }) => {
    if (status === "unknown") return [];
    const answers = requests.filter(({ atMs }) => startedAtMs - slackMs <= atMs && atMs <= finishedAtMs + slackMs);
    if (answers.some(({ wasDown }) => wasDown === (status === "down"))) return [];
    const was = answers.length === 0 ? "not asked" : status === "down" ? "up" : "down";
    const nearest = requests.toSorted((a, b) => Math.abs(a.atMs - startedAtMs) - Math.abs(b.atMs - startedAtMs))[0];
    const span = `from ${at(startedAtMs)} to ${at(finishedAtMs)}${nearest ? `; asked at ${at(nearest.atMs)}` : ""}`;
    return [`check ${check.id}: the run of ${at(slotMs)} says ${status} and the target was ${was}: ${error === "" ? "" : `${error}, `}${span}`];
  });
}

export function repeated<T>(values: readonly T[]): T[] {
  const seen = new Set<T>();
  return values.filter((value) => (seen.has(value) ? true : (seen.add(value), false)));
}

export function at(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}
