/** A history in which every promise was kept, made by arithmetic: what the checker must find nothing wrong with. */
import type { History, IncidentSeen, NotificationSeen, ResultSeen } from "./history.ts";
import type { SinkEntry } from "./sink.ts";
import type { Outage } from "./truth.ts";

const startMs = Date.UTC(2026, 0, 1);
const everyMs = 1_000;
const seconds = 40;
/** Of each check. People read at the desk, and what falls together goes there as one message. */
const receivers: Record<string, string[]> = { bank: ["desk"], blog: ["pager", "chat"], shop: ["pager", "chat", "desk"] };

/** Three checks: one that is always up, one with two outages, and one that falls with it once; in between the product is down for three seconds. */
export function goodHistory(): History {
  const outages: Outage[] = [
    { target: "shop", fromMs: startMs + 5_500, toMs: startMs + 14_500 },
    { target: "bank", fromMs: startMs + 5_500, toMs: startMs + 14_500 },
    { target: "shop", fromMs: startMs + 22_500, toMs: startMs + 29_500 },
  ];
  const down = { kind: "kill" as const, fromMs: startMs + 17_100, toMs: startMs + 20_100 };
  const incidents = outages.map(incidentOf);
  const told = incidents.flatMap((incident) => incident.timeline.flatMap((_, i) => receivers[targetOf(incident)]!.map((receiver) => ({ incident, i, receiver }))));
  const notifications = told.map(rowOf);
  const checks = Object.entries(receivers).map(([target, heard]) => {
    const channels = Object.fromEntries(heard.map((receiver) => [receiver, `chn_${receiver}`]));
    return { id: `chk_${target}`, target, everyMs, detectMs: 2_000, channels, ...answersOf(target, outages.filter((one) => one.target === target)) };
  });
  return {
    checks,
    outages,
    requests: checks.flatMap(({ target, results }) => results.map(({ startedAtMs, status }) => ({ target, atMs: startedAtMs + 1, wasDown: status === "down" }))),
    disturbances: [down],
    incidents,
    notifications,
    deliveries: told.flatMap((one, n) => (notifications[n]!.groupedInto === "" ? [deliveryOf(one, notifications)] : [])),
    writes: [{ what: "POST /checks", isThere: true }],
    endedAtMs: startMs + seconds * everyMs,
  };
}

function answersOf(target: string, outages: Outage[]): Pick<History["checks"][number], "results" | "missed"> {
  const isMissed = (i: number) => i >= 18 && i <= 20;
  const results = Array.from({ length: seconds }, (_, i): ResultSeen => {
    const slotMs = startMs + i * everyMs;
    const isDown = outages.some(({ fromMs, toMs }) => fromMs <= slotMs && slotMs < toMs);
    return { id: `run_${target}_${i}`, slotMs, startedAtMs: slotMs + 1, finishedAtMs: slotMs + 3, status: isDown ? "down" : "up", trigger: "schedule", latencyMs: 2, error: isDown ? "http_status: status 500" : "" };
  });
  const missed = [{ firstSlotMs: startMs + 18 * everyMs, lastSlotMs: startMs + 20 * everyMs, count: 3, reason: "process_down" }];
  return { results: results.filter((_, i) => !isMissed(i)).toReversed(), missed };
}

function incidentOf({ target, fromMs, toMs }: Outage, i: number): IncidentSeen {
  const openedAtMs = fromMs + 505;
  const resolvedAtMs = toMs + 505;
  const timeline = [{ type: "opened", atMs: openedAtMs }, { type: "resolved", atMs: resolvedAtMs }];
  return { id: `inc_${i}`, checkId: `chk_${target}`, state: "resolved", startedAtMs: openedAtMs, openedAtMs, resolvedAtMs, timeline };
}

function targetOf({ checkId }: IncidentSeen): string {
  return checkId.slice("chk_".length);
}

interface Told {
  incident: IncidentSeen;
  /** Which entry of its timeline. */
  i: number;
  receiver: string;
}

function rowOf({ incident: { id, timeline, checkId }, i, receiver }: Told): NotificationSeen {
  // What the bank has to say at the desk goes with what the shop has.
  const groupedInto = checkId === "chk_bank" ? `ntf_inc_0_${i}_${receiver}` : "";
  const ended = { state: "sent", reason: groupedInto === "" ? "delivered" : "delivered_in_a_group", lastError: "", attempts: groupedInto === "" ? 1 : 0 };
  return { id: `ntf_${id}_${i}_${receiver}`, incidentId: id, channelId: `chn_${receiver}`, eventType: `incident.${timeline[i]!.type}`, groupedInto, ...ended };
}

function deliveryOf(told: Told, notifications: NotificationSeen[]): SinkEntry {
  const { id, eventType, incidentId } = rowOf(told);
  const members = notifications.filter(({ groupedInto }) => groupedInto === id);
  const incidentIds = [incidentId, ...members.map((row) => row.incidentId)];
  const { receiver, incident, i } = told;
  return { id, receiver, eventType: members.length > 0 ? "incidents.grouped" : eventType, incidentIds, signed: true, atMs: incident.timeline[i]!.atMs + 20, answeredWell: true };
}
