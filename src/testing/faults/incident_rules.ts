/** An outage is told within its bound, once, and nothing is told that was none. */
import type { History, IncidentSeen, WatchedCheck } from "./history.ts";
import { at } from "./slot_rules.ts";
import { coveredMs, overlaps, type Outage, type Span } from "./truth.ts";

// The machine is shared.
const slackMs = 1_500;

export function incidentViolations(history: History): string[] {
  const found: string[] = [];
  for (const check of history.checks) {
    const incidents = history.incidents.filter(({ checkId }) => checkId === check.id).toSorted((a, b) => a.openedAtMs - b.openedAtMs);
    const outages = history.outages.filter(({ target }) => target === check.target);
    found.push(...oneAtATime(check, incidents));
    for (const outage of outages) found.push(...toldInTime({ history, check, incidents }, outage));
    for (const incident of incidents) found.push(...caused(history, incident, outages));
  }
  return found;
}

function oneAtATime(check: WatchedCheck, incidents: IncidentSeen[]): string[] {
  return incidents.slice(1).flatMap((incident, i) => {
    const before = incidents[i]!;
    return incident.openedAtMs >= before.resolvedAtMs ? [] : [`check ${check.id}: incident ${incident.id} was opened while ${before.id} was active`];
  });
}

interface Judged {
  history: History;
  check: WatchedCheck;
  incidents: IncidentSeen[];
}

/** Within the bound that the product prints; while it is down nobody can ask it to tell anything, so its own time counts. */
function toldInTime({ history, check, incidents }: Judged, outage: Outage): string[] {
  const calmMs = check.detectMs + slackMs;
  const boundMs = calmMs + coveredMs({ fromMs: outage.fromMs, toMs: outage.toMs + calmMs }, history.disturbances);
  if (outage.toMs - outage.fromMs <= boundMs) return [];
  const begins = incidents.flatMap(({ timeline }) => timeline.filter(({ type }) => type === "opened" || type === "reopened"));
  const goesOn = ({ openedAtMs, resolvedAtMs }: IncidentSeen) => openedAtMs < outage.fromMs && !(resolvedAtMs < outage.fromMs + boundMs);
  const isTold = incidents.some(goesOn) || begins.some(({ atMs }) => atMs >= outage.fromMs - slackMs && atMs <= outage.fromMs + boundMs);
  return isTold ? [] : [`check ${check.id}: the outage of ${at(outage.fromMs)} to ${at(outage.toMs)} was not told within ${Math.round(boundMs)} ms`];
}

function caused({ disturbances, endedAtMs }: History, incident: IncidentSeen, outages: Outage[]): string[] {
  const { id, startedAtMs, resolvedAtMs, timeline } = incident;
  const found: string[] = [];
  const span: Span = { fromMs: startedAtMs, toMs: Number.isNaN(resolvedAtMs) ? endedAtMs : resolvedAtMs };
  if (!outages.some((outage) => overlaps(outage, span, slackMs))) found.push(`incident ${id}: the target was up all the time`);
  for (const { type, atMs } of timeline) {
    const before = { fromMs: atMs - slackMs, toMs: atMs };
    // After a restart it acts upon what it had seen before.
    const isExcused = disturbances.some((one) => overlaps(one, before, slackMs));
    const wasDown = coveredMs(before, outages) >= slackMs;
    if (type === "resolved" && wasDown && !isExcused) found.push(`incident ${id}: it was resolved at ${at(atMs)} while the target was down`);
  }
  const active = Number.isNaN(resolvedAtMs) && outages.length > 0;
  const lastDownMs = Math.max(...outages.map(({ toMs }) => toMs));
  if (active && endedAtMs - lastDownMs > (isFlapping(incident) ? calmAfterMs : goodAfterMs)) found.push(`incident ${id}: it is still active although the target is up since ${at(lastDownMs)}`);
  return found;
}

/** A target that is up so long has been seen to be up. */
const goodAfterMs = 10_000;
/** One that flaps is resolved when its newest runs, 21 of them, agree again. */
const calmAfterMs = goodAfterMs + 21_000;

function isFlapping({ timeline }: IncidentSeen): boolean {
  return timeline.findLast(({ type }) => type === "flapping" || type === "flapping_ended")?.type === "flapping";
}
