/** What was promised, held against what happened and what was told. Gives every broken promise as a sentence. */
import type { History, Seen, Told } from "./timeline_world.ts";
import { boundOf, isInWindow, overlaps, type Outage, type Span, type TrueCheck, type Truth } from "./truth_timeline.ts";

const stepMs = 10_000;
const reopenWindowMs = 600_000;
/** Our own network is back: so long until the next question is asked, answered and acted on. */
const recoveredWithinMs = 60_000;

export interface Verdicts {
  broken: string[];
  /** How much there was to get wrong. */
  outages: number;
  told: number;
  /** From the beginning of an outage to its event, of those that nothing delayed. */
  delaysMs: number[];
}

export function checkHistory(truth: Truth, history: History): Verdicts {
  const verdicts: Verdicts = { broken: [], outages: 0, told: history.told.length, delaysMs: [] };
  for (const check of truth.checks) {
    const runs = history.runs.get(check.id)!;
    const told = history.told.filter(({ event }) => event.check?.id === check.id);
    const at: Place = { truth, history, check, runs, told, verdicts, broken: (what) => verdicts.broken.push(`${check.id}: ${what}`) };
    checkOrder(at);
    checkOpenings(at);
    checkResolutions(at);
    checkParents(at);
    for (const outage of check.outages) checkTold(at, outage);
  }
  return verdicts;
}

interface Place {
  truth: Truth;
  history: History;
  check: TrueCheck;
  runs: Seen[];
  told: Told[];
  verdicts: Verdicts;
  broken(what: string): void;
}

const begins = ({ event }: Told) => event.type === "incident.opened" || (event.type === "incident.reopened" && !stillOpen.has(event.reason));
const stillOpen = new Set(["parent_recovered", "solid_outage_while_flapping"]);
const ends = ({ event }: Told) => event.type === "incident.resolved";
const hours = (ms: number) => `${(ms / 3_600_000).toFixed(4)} h`;

function checkOrder({ told, broken }: Place): void {
  const sequences = new Map<string, number>();
  let active = "";
  let last: Told | undefined;
  for (const each of told) {
    const { event } = each;
    const id = event.incident!.id;
    const next = (sequences.get(id) ?? 0) + 1;
    if (event.sequence !== next) broken(`event ${event.sequence} of ${id} came where ${next} was due`);
    if (next === 1 && event.type !== "incident.opened") broken(`the first event of ${id} is ${event.type}`);
    sequences.set(id, event.sequence);
    if (begins(each) && active !== "") broken(`${id} ${event.type} while ${active} was active`);
    if (!begins(each) && active !== id) broken(`${id} ${event.type} while it was not active`);
    if (event.type === "incident.opened" && last && ends(last) && isSecond(last, each)) broken(`${id} opened at ${hours(each.atMs)} for the outage of ${last.event.incident!.id}`);
    if (begins(each)) active = id;
    if (ends(each)) active = "";
    last = each;
  }
}

/** Every check of the simulation has one error, so that what fails again within the window is the same outage. */
function isSecond(resolved: Told, opened: Told): boolean {
  const gapMs = opened.event.incident!.startedAtMs - resolved.event.incident!.resolvedAtMs;
  return gapMs >= 0 && gapMs <= reopenWindowMs;
}

function checkOpenings({ truth, check, runs, told, broken }: Place): void {
  for (const each of told.filter(begins)) {
    const { atMs, event } = each;
    const name = `${event.type} at ${hours(atMs)} (${event.reason})`;
    if (event.reason === "flapping_started") continue;
    if (check.locations.length > 1) {
      if (!wasDownForMost(check, atMs)) broken(`false DOWN: ${name}, and most locations were up`);
      continue;
    }
    const evidence = evidenceBefore(runs, each);
    // A blink of our own network that nobody could notice may have been the first of the runs.
    const mayHaveBlinked = truth.ownOutages.some((own) => overlaps(own, { fromMs: atMs - (check.failureThreshold + 2) * check.everyMs, toMs: atMs }));
    const newest = evidence.slice(mayHaveBlinked ? -1 : -check.failureThreshold);
    if (newest.length === 0 || newest.some((run) => run.said !== "failing")) {
      broken(`false DOWN: ${name} after ${evidence.slice(-5).map((run) => run.said).join(", ")}`);
      continue;
    }
    const first = evidence.slice(evidence.findLastIndex((run) => run.said !== "failing") + 1)[0]!;
    const isUndisturbed = !truth.ownOutages.some((own) => overlaps(own, { fromMs: first.atMs - 3_600_000, toMs: atMs }));
    if (event.type === "incident.opened" && isUndisturbed && event.incident!.startedAtMs !== first.wallMs) broken(`${name} starts ${event.incident!.startedAtMs - first.wallMs} ms off`);
  }
}

/** One that was held for a mass failure has waited as well. */
const hasOtherReason = new Set(["flapping_started", "mass_failure_released"]);

/** Who fails with its parent is told under it, even when it was confirmed a moment earlier. */
function checkParents({ truth, history, check, runs, told, broken }: Place): void {
  for (const parent of truth.checks.filter((each) => check.dependsOn.includes(each.id))) {
    const ofParent = history.told.filter(({ event }) => event.check?.id === parent.id);
    for (const each of told.filter((one) => begins(one) && one.event.muted === "" && !hasOtherReason.has(one.event.reason))) {
      const evidence = evidenceBefore(runs, each);
      const streak = evidence.length - 1 - evidence.findLastIndex((run) => run.said !== "failing");
      // One that fails on was confirmed earlier, and has waited since.
      const hasWaited = streak > check.failureThreshold || (evidence.at(-1)?.atMs ?? 0) + check.timeoutMs <= each.atMs - stepMs;
      const seen = between(history.runs.get(parent.id)!, each.atMs - 3_600_000, each.atMs).filter((run) => run.said !== "nothing" && run.atMs + parent.timeoutMs <= each.atMs - stepMs);
      const isSuspected = seen.at(-1)?.said === "failing" && !isActiveAt(ofParent, each.atMs);
      const isConfirmedSoon = ofParent.some((one) => begins(one) && one.atMs > each.atMs && one.atMs <= each.atMs + parent.everyMs);
      if (!hasWaited && isSuspected && isConfirmedSoon) broken(`told at ${hours(each.atMs)} (${each.event.reason}), a moment before ${parent.id}`);
    }
  }
}

function isActiveAt(told: Told[], atMs: number): boolean {
  const last = told.findLast((each) => (begins(each) || ends(each)) && each.atMs <= atMs);
  return last !== undefined && begins(last);
}

function evidenceBefore(runs: Seen[], told: Told): Seen[] {
  return runs.slice(Math.max(0, told.runs - 1_000), told.runs).filter((run) => run.said !== "nothing");
}

function wasDownForMost(check: TrueCheck, atMs: number): boolean {
  const lately: Span = { fromMs: atMs - boundOf(check).alwaysToldMs - 6 * check.everyMs, toMs: atMs };
  const near = check.outages.filter((outage) => overlaps(outage, lately));
  return near.some((outage) => outage.from.length === 0) || new Set(near.flatMap((outage) => outage.from)).size > 1;
}

function checkResolutions({ truth, check, runs, told, broken }: Place): void {
  if (check.locations.length > 1) return;
  for (const each of told.filter(ends)) {
    const { atMs, event } = each;
    const newest = evidenceBefore(runs, each).slice(-check.recoveryThreshold);
    if (newest.some((run) => run.said !== "good")) broken(`resolved at ${hours(atMs)} after ${newest.map((run) => run.said).join(", ")}`);
    checkNotStuck({ runs, broken }, atMs, event.reason);
  }
  const last = told.at(-1);
  if (last && !ends(last)) checkNotStuck({ runs, broken }, truth.endMs, "never resolved");
}

/** While it flaps a recovery waits until the changes are 21 runs old; nothing waits longer. */
function checkNotStuck({ runs, broken }: Pick<Place, "runs" | "broken">, atMs: number, how: string): void {
  const lately = between(runs, atMs - 12 * 3_600_000, atMs);
  const since = lately.slice(lately.findLastIndex((run) => run.said === "failing") + 1).filter((run) => run.said === "good").length;
  if (since > 30) broken(`active at ${hours(atMs)} after ${since} good runs (${how})`);
}

function checkTold(place: Place, outage: Outage): void {
  const { truth, history, check, runs, told, verdicts, broken } = place;
  if (outage.from.length === 1) return;
  // Two of three are most of them, but not when the third is silent and one of the two with it.
  if (outage.from.length > 1 && truth.deadLocations.some((dead) => overlaps(dead, { ...outage, fromMs: outage.fromMs - 300_000 }))) return;
  const blind = [...truth.ownOutages.map((own) => ({ ...own, toMs: own.toMs + recoveredWithinMs })), ...check.maintenance].filter((span) => overlaps(span, outage));
  const fromMs = Math.max(outage.fromMs, ...blind.map((span) => span.toMs));
  const bound = boundOf(check);
  const near: Span = { fromMs: fromMs - 300_000, toMs: fromMs + bound.alwaysToldMs };
  // A clock that is set back repeats the hours of a window.
  if (between(runs, fromMs, near.toMs).some((run) => isInWindow(check, run.wallMs))) return;
  const mayWait = check.dependsOn.length > 0 || [...truth.massOutages, ...truth.ownOutages].some((span) => overlaps(span, near));
  const unseen = between(runs, fromMs, near.toMs).filter((run) => run.said === "nothing").length;
  const kills = !mayWait ? 0 : history.kills.filter((kill) => kill >= fromMs && kill <= near.toMs).length;
  const untilMs = fromMs + (mayWait ? bound.alwaysToldMs : bound.detectMs) + (unseen + kills) * check.everyMs + stepMs;
  if (outage.toMs < untilMs || untilMs > truth.endMs) return;
  verdicts.outages++;
  const opening = told.find((each) => begins(each) && each.atMs >= fromMs && each.atMs <= untilMs);
  const before = told.findLast((each) => (begins(each) || ends(each)) && each.atMs < fromMs);
  if (opening && !mayWait && unseen + kills === 0) verdicts.delaysMs.push(opening.atMs - fromMs);
  if (!opening && !(before && begins(before))) broken(`missed: down from ${hours(outage.fromMs)} to ${hours(outage.toMs)}, not told by ${hours(untilMs)}`);
}

/** Runs come in the order of time. */
function between(runs: Seen[], fromMs: number, toMs: number): Seen[] {
  const firstAt = (atMs: number) => {
    let [low, high] = [0, runs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (runs[middle]!.atMs < atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return runs.slice(firstAt(fromMs), firstAt(toMs));
}
