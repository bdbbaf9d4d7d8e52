/**
 * Deliberate bugs, as they would show in a history. A checker that never failed proves nothing, so each of these is done to a
 * good history and must be named.
 */
import type { History, IncidentSeen, NotificationSeen, WatchedCheck } from "./history.ts";
import type { SinkEntry } from "./sink.ts";

export interface Sabotage {
  bug: string;
  /** A copy in which the bug has happened. */
  done(history: History): History;
  /** What the checker says of it. */
  caughtAs: RegExp;
}

export const sabotages: Sabotage[] = [
  { bug: "a result is lost", done: changedCheck(({ results }) => ({ results: without(results, Math.floor(results.length / 2)) })), caughtAs: /neither done nor missed/ },
  { bug: "a slot runs twice", done: changedCheck(({ results }) => ({ results: [...results, { ...results[0]!, id: "run_again" }] })), caughtAs: /has two results/ },
  { bug: "two runs share an id", done: changedCheck(({ results }) => ({ results: results.with(0, { ...results[0]!, id: results[1]!.id }) })), caughtAs: /two results have the id/ },
  { bug: "a slot is done and missed", done: changedCheck(({ results, missed }) => ({ missed: [...missed, { ...oneSlot(results[3]!.slotMs), reason: "overload" }] })), caughtAs: /has a result and is missed/ },
  { bug: "a slot is missed and nobody says why", done: changedCheck(({ results, everyMs, missed }) => ({ missed: [...missed, { ...oneSlot(Math.min(...results.map(({ slotMs }) => slotMs)) - everyMs), reason: "" }] })), caughtAs: /missed without a reason/ },
  { bug: "a slot off the grid", done: changedCheck(({ results }) => ({ results: results.with(2, { ...results[2]!, slotMs: results[2]!.slotMs + 7 }) })), caughtAs: /grid|neither done nor missed/ },
  { bug: "a check stops running", done: changedCheck(({ results, missed }) => ({ results: results.filter(({ slotMs }) => slotMs < endOf(results) - 8_000), missed: missed.filter(({ lastSlotMs }) => lastSlotMs < endOf(results) - 8_000) })), caughtAs: /nothing is known of the slots after/ },
  { bug: "a good target is said to be down", done: changedCheck(({ results }) => ({ results: statusOf(results, "up", "down") })), caughtAs: /says down and the target was up/ },
  { bug: "a run ends before its answer", done: changedCheck(({ results }) => ({ results: results.map((result) => ({ ...result, startedAtMs: result.startedAtMs - 600, finishedAtMs: result.startedAtMs - 500 })) })), caughtAs: /the target was not asked/ },
  { bug: "an outage is not seen", done: (history) => everyCheck(history, ({ results }) => ({ results: statusOf(results, "down", "up") })), caughtAs: /says up and the target was down/ },
  { bug: "an outage is told to nobody", done: (history) => ({ ...history, incidents: [] }), caughtAs: /was not told within/ },
  { bug: "an incident is forgotten, its messages stay", done: (history) => ({ ...history, incidents: history.incidents.slice(1), notifications: history.notifications.filter(({ incidentId }) => incidentId !== history.incidents[0]!.id) }), caughtAs: /the ledger does not know it/ },
  { bug: "an incident for nothing", done: (history) => ({ ...history, outages: history.outages.filter(({ target }) => target !== targetOf(history, history.incidents[0]!)) }), caughtAs: /the target was up all the time/ },
  { bug: "two incidents of one check at once", done: (history) => ({ ...history, incidents: [...history.incidents, { ...firstResolved(history), id: "inc_second", openedAtMs: firstResolved(history).openedAtMs + 1 }] }), caughtAs: /was opened while/ },
  { bug: "an incident is resolved too early", done: resolvedEarly, caughtAs: /resolved at .* while the target was down/ },
  { bug: "an incident stays open for ever", done: staysOpen, caughtAs: /is still active although/ },
  { bug: "an event without a message", done: (history) => withoutMessage(history, firstSent(history).id), caughtAs: /are not in the ledger/ },
  { bug: "one event, two messages", done: (history) => ({ ...history, notifications: [...history.notifications, { ...firstSent(history), id: "ntf_zz", state: "skipped" }] }), caughtAs: /messages incident\.\w+ are in the ledger of/ },
  { bug: "marked as sent before it was", done: (history) => ({ ...history, deliveries: history.deliveries.filter(({ id }) => id !== firstSent(history).id) }), caughtAs: /it is sent, and its receiver never took it/ },
  { bug: "a retry gets a new id", done: (history) => ({ ...history, deliveries: [...history.deliveries, { ...deliveryOf(history, firstSent(history)), id: "ntf_new" }] }), caughtAs: /the ledger does not know it/ },
  { bug: "sent again although it arrived", done: againLater, caughtAs: /it was taken 2 times.*nothing had happened/ },
  { bug: "resolved overtakes opened", done: swapped, caughtAs: /the first message to .* was incident\.resolved/ },
  { bug: "a message waits for ever", done: (history) => rowChanged(history, { state: "waiting", reason: "behind_an_earlier_message" }), caughtAs: /is still waiting/ },
  { bug: "a message is held for ever", done: (history) => rowChanged(history, { state: "held", reason: "held_for_its_group" }), caughtAs: /is still held/ },
  { bug: "a group forgets one of its messages", done: groupWithout, caughtAs: /it is sent, and its receiver never took it/ },
  { bug: "a group tells of what is not in it", done: (history) => ({ ...history, notifications: without(history.notifications, history.notifications.indexOf(firstGrouped(history))) }), caughtAs: /it was delivered as .* and the ledger says/ },
  { bug: "a message goes in a group and by itself", done: (history) => ({ ...history, deliveries: [...history.deliveries, byItself(history)] }), caughtAs: /and went by itself too/ },
  { bug: "a message is grouped into none", done: (history) => ({ ...history, notifications: history.notifications.with(history.notifications.indexOf(firstGrouped(history)), { ...firstGrouped(history), groupedInto: "ntf_none" }) }), caughtAs: /which is no message of its channel/ },
  { bug: "a message dies in silence", done: (history) => rowChanged(history, { state: "dead", lastError: "" }), caughtAs: /does not say why/ },
  { bug: "a muted message is sent", done: (history) => rowChanged(history, { state: "skipped", reason: "muted" }), caughtAs: /is skipped, and its receiver saw it/ },
  { bug: "a message about something else", done: (history) => rowChanged(history, { eventType: "incident.acknowledged" }), caughtAs: /and the ledger says incident\.acknowledged/ },
  { bug: "a wrong signature", done: (history) => ({ ...history, deliveries: history.deliveries.with(0, { ...history.deliveries[0]!, signed: false }) }), caughtAs: /signature is wrong/ },
  { bug: "one id for two messages", done: (history) => ({ ...history, notifications: [...history.notifications, history.notifications[0]!] }), caughtAs: /is in the ledger twice/ },
  { bug: "an acknowledged write is lost", done: (history) => ({ ...history, writes: history.writes.with(0, { ...history.writes[0]!, isThere: false }) }), caughtAs: /the API said yes, and it is not there/ },
];

type Change = (check: WatchedCheck) => Partial<WatchedCheck>;

/** The last one, which nobody has asked to run besides its schedule. */
function changedCheck(change: Change): (history: History) => History {
  return (history) => ({ ...history, checks: history.checks.with(-1, { ...history.checks.at(-1)!, ...change(history.checks.at(-1)!) }) });
}

function everyCheck(history: History, change: Change): History {
  return { ...history, checks: history.checks.map((check) => ({ ...check, ...change(check) })) };
}

function without<T>(list: readonly T[], index: number): T[] {
  return list.toSpliced(index, 1);
}

function oneSlot(slotMs: number) {
  return { firstSlotMs: slotMs, lastSlotMs: slotMs, count: 1 };
}

function endOf(results: WatchedCheck["results"]): number {
  return Math.max(...results.map(({ slotMs }) => slotMs));
}

function statusOf(results: WatchedCheck["results"], from: string, to: string): WatchedCheck["results"] {
  return results.map((result) => (result.status === from ? { ...result, status: to } : result));
}

function targetOf({ checks }: History, { checkId }: IncidentSeen): string {
  return checks.find(({ id }) => id === checkId)!.target;
}

function firstResolved({ incidents }: History): IncidentSeen {
  return incidents.find(({ resolvedAtMs }) => !Number.isNaN(resolvedAtMs))!;
}

function firstSent({ notifications }: History): NotificationSeen {
  const isCarrier = ({ id }: NotificationSeen) => notifications.some(({ groupedInto }) => groupedInto === id);
  return notifications.find((row) => row.state === "sent" && row.eventType === "incident.opened" && row.groupedInto === "" && !isCarrier(row))!;
}

/** Of those that tell of another incident than the message that carries them. */
function firstGrouped({ notifications }: History): NotificationSeen {
  const incidentOf = new Map(notifications.map(({ id, incidentId }) => [id, incidentId]));
  const isOnlyOne = ({ groupedInto, incidentId }: NotificationSeen) => notifications.filter((row) => row.incidentId === incidentId && (row.groupedInto || row.id) === groupedInto).length === 1;
  return notifications.find((row) => row.groupedInto !== "" && incidentOf.get(row.groupedInto) !== row.incidentId && isOnlyOne(row))!;
}

function groupWithout(history: History): History {
  const { groupedInto, incidentId } = firstGrouped(history);
  const forgets = (one: SinkEntry) => ({ ...one, incidentIds: one.incidentIds.filter((id) => id !== incidentId) });
  return { ...history, deliveries: history.deliveries.map((one) => (one.id === groupedInto ? forgets(one) : one)) };
}

function byItself(history: History): SinkEntry {
  const { id, eventType, incidentId, groupedInto } = firstGrouped(history);
  return { ...history.deliveries.find((one) => one.id === groupedInto)!, id, eventType, incidentIds: [incidentId] };
}

function deliveryOf({ deliveries }: History, { id }: NotificationSeen): SinkEntry {
  return deliveries.find((one) => one.id === id)!;
}

function rowChanged(history: History, change: Partial<NotificationSeen>): History {
  const row = firstSent(history);
  return { ...history, notifications: history.notifications.map((one) => (one === row ? { ...row, ...change } : one)) };
}

function withoutMessage(history: History, id: string): History {
  return { ...history, notifications: history.notifications.filter((row) => row.id !== id), deliveries: history.deliveries.filter((one) => one.id !== id) };
}

function incidentChanged(history: History, changed: IncidentSeen, change: Partial<IncidentSeen>): History {
  return { ...history, incidents: history.incidents.map((one) => (one === changed ? { ...one, ...change } : one)) };
}

/** In the middle of the longest outage that was told, and with nobody to blame. */
function resolvedEarly(history: History): History {
  const { outage, incident } = longestTold(history);
  const atMs = (outage.fromMs + outage.toMs) / 2;
  const timeline = incident.timeline.map((entry) => (entry.type === "resolved" ? { ...entry, atMs } : entry));
  return { ...incidentChanged(history, incident, { resolvedAtMs: atMs, timeline }), disturbances: [] };
}

function longestTold(history: History) {
  const told = history.incidents.flatMap((incident) => {
    const outages = history.outages.filter(({ target, fromMs, toMs }) => target === targetOf(history, incident) && fromMs <= incident.openedAtMs && incident.openedAtMs <= toMs);
    return incident.timeline.some(({ type }) => type === "resolved") ? outages.map((outage) => ({ outage, incident })) : [];
  });
  return told.toSorted((a, b) => b.outage.toMs - b.outage.fromMs - (a.outage.toMs - a.outage.fromMs))[0]!;
}

function staysOpen(history: History): History {
  const incident = firstResolved(history);
  return { ...incidentChanged(history, incident, { resolvedAtMs: Number.NaN, state: "open" }), endedAtMs: history.endedAtMs + 60_000 };
}

function againLater(history: History): History {
  const first = deliveryOf(history, firstSent(history));
  return { ...history, disturbances: [], deliveries: [...history.deliveries, { ...first, atMs: first.atMs + 5_000 }] };
}

function swapped(history: History): History {
  const { deliveries } = history;
  const opened = deliveries.find((one) => one.eventType === "incident.opened" && deliveries.some((other) => isAfter(other, one)))!;
  const resolved = deliveries.find((other) => isAfter(other, opened))!;
  return { ...history, deliveries: deliveries.map((one) => (one === opened ? { ...one, atMs: resolved.atMs } : one === resolved ? { ...one, atMs: opened.atMs } : one)) };
}

function isAfter(other: SinkEntry, one: SinkEntry): boolean {
  return other.incidentIds[0] === one.incidentIds[0] && other.receiver === one.receiver && other.eventType === "incident.resolved";
}
