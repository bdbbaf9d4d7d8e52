/** Each thing that happened to an incident reaches each of its channels: once in the ledger, at least once at the receiver, in order. */
import type { History, IncidentSeen, NotificationSeen } from "./history.ts";
import type { SinkEntry } from "./sink.ts";
import { at, repeated } from "./slot_rules.ts";
import { overlaps } from "./truth.ts";

/** What the timeline calls it, and what the message. */
const told: Record<string, string> = {
  opened: "incident.opened",
  reopened: "incident.reopened",
  acknowledged: "incident.acknowledged",
  resolved: "incident.resolved",
};
// A message that was under way when the product was killed, or while it stood still.
const aroundMs = 1_000;

export function messageViolations(history: History): string[] {
  const channels = new Map(history.checks.map((check) => [check.id, check.channels]));
  const perIncident = history.incidents.flatMap((incident) =>
    Object.entries(channels.get(incident.checkId) ?? {}).flatMap(([receiver, channelId]) => [
      ...inLedger(history, incident, channelId),
      ...inOrder(history, incident, { receiver, channelId }),
    ]),
  );
  return [...perIncident, ...history.notifications.flatMap((row) => agrees(row, history)), ...history.deliveries.flatMap((one) => known(one, history))];
}

/** As many messages of a kind as the timeline has of it. */
function inLedger({ notifications }: History, { id, timeline }: IncidentSeen, channelId: string): string[] {
  return Object.entries(told).flatMap(([entry, eventType]) => {
    const happened = timeline.filter(({ type }) => type === entry).length;
    const rows = notifications.filter((row) => row.incidentId === id && row.channelId === channelId && row.eventType === eventType).length;
    if (rows < happened) return [`incident ${id}: ${happened - rows} of ${happened} messages ${eventType} are not in the ledger of ${channelId}`];
    return rows > happened ? [`incident ${id}: ${rows} messages ${eventType} are in the ledger of ${channelId} for ${happened}`] : [];
  });
}

/** Ids of messages rise with their time, so the ledger's order is that of the ids. */
function inOrder({ deliveries, notifications }: History, { id }: IncidentSeen, { receiver, channelId }: { receiver: string; channelId: string }): string[] {
  const firsts = firstOfEach(deliveries.filter((one) => one.incidentIds.includes(id) && one.receiver === receiver));
  const rows = notifications.filter((row) => row.incidentId === id && row.channelId === channelId && row.state !== "skipped");
  const expected = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(carrierOf);
  const places = firsts.map((one) => expected.indexOf(one.id)).filter((place) => place >= 0);
  const found = places.length > 0 && places[0] !== 0 ? [`incident ${id}: the first message to ${receiver} was ${firsts[0]!.eventType}`] : [];
  if (places.some((place, i) => i > 0 && place < places[i - 1]!)) found.push(`incident ${id}: messages reached ${receiver} out of order: ${firsts.map(({ eventType }) => eventType).join(", ")}`);
  return found;
}

/** Of the message that says what the row is about: its own, or the one it was grouped into. */
export function carrierOf({ id, groupedInto }: NotificationSeen): string {
  return groupedInto || id;
}

function firstOfEach(deliveries: SinkEntry[]): SinkEntry[] {
  const seen = new Set<string>();
  return deliveries.toSorted((a, b) => a.atMs - b.atMs).filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** What the ledger says of a message is what its receiver saw. */
function agrees(row: NotificationSeen, { deliveries, disturbances, notifications }: History): string[] {
  const { id, incidentId, state, reason, groupedInto } = row;
  const seen = deliveries.filter((one) => one.id === carrierOf(row));
  const taken = seen.filter(({ answeredWell, incidentIds }) => answeredWell && incidentIds.includes(incidentId));
  const found: string[] = [];
  if (state === "sent" && taken.length === 0) found.push(`message ${id}: it is sent, and its receiver never took it`);
  if (state === "skipped" && (seen.length > 0 || reason === "")) found.push(`message ${id}: it is skipped${reason === "" ? " without a reason" : ", and its receiver saw it"}`);
  if (state === "dead" && row.lastError === "") found.push(`message ${id}: it is dead and does not say why`);
  if (isUnfinished(row)) found.push(`message ${id}: it is still ${state} (${reason})`);
  if (groupedInto !== "") return [...found, ...goesInGroup(row, { deliveries, notifications })];
  const last = taken.at(-1);
  if (taken.length > 1 && !disturbances.some((one) => overlaps(one, { fromMs: taken[0]!.atMs, toMs: last!.atMs }, aroundMs))) {
    found.push(`message ${id}: it was taken ${taken.length} times, last at ${at(last!.atMs)}, and nothing had happened`);
  }
  return found;
}

/** "held" is what waits for its group or for its channel's limit. */
function isUnfinished({ state }: { state: string }): boolean {
  return state === "waiting" || state === "held" || state === "sending";
}

/** Carried by exactly one message of the same channel. */
function goesInGroup({ id, channelId, groupedInto }: NotificationSeen, { deliveries, notifications }: Pick<History, "deliveries" | "notifications">): string[] {
  const carrier = notifications.find((one) => one.id === groupedInto);
  const found = deliveries.some((one) => one.id === id) ? [`message ${id}: it was grouped into ${groupedInto}, and went by itself too`] : [];
  return carrier?.channelId === channelId && carrier.groupedInto === "" ? found : [...found, `message ${id}: it was grouped into ${groupedInto}, which is no message of its channel`];
}

/** A message says what the ledger says that it carries, no less and no more. */
function known(delivery: SinkEntry, { notifications }: History): string[] {
  const { id, eventType, incidentIds, signed } = delivery;
  const rows = notifications.filter((one) => carrierOf(one) === id);
  const found: string[] = signed ? [] : [`message ${id}: its signature is wrong`];
  if (!rows.some((row) => row.id === id)) return [...found, `message ${id}: a receiver saw ${eventType} of ${incidentIds.join(", ")}, and the ledger does not know it`];
  const carried = [...new Set(rows.map(({ incidentId }) => incidentId))].toSorted();
  const types = carried.length > 1 ? ["incidents.grouped", "digest"] : rows.map((row) => row.eventType);
  const isSame = types.includes(eventType) && carried.join() === [...new Set(incidentIds)].toSorted().join();
  return isSame ? found : [...found, `message ${id}: it was delivered as ${eventType} of ${incidentIds.join(", ")}, and the ledger says ${types.join(" or ")} of ${carried.join(", ")}`];
}

/** The same id on two logical messages would make a receiver drop one of them. */
export function sharedIds({ notifications }: History): string[] {
  return repeated(notifications.map(({ id }) => id)).map((id) => `message ${id}: it is in the ledger twice`);
}
