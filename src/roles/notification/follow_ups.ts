/**
 * Incidents that go on and that nobody has taken on are told again: reminders, the steps of an escalation, and once a silence that
 * kept them quiet has ended. Each is an event with an id that follows from what it is, so that a crash between storing its messages
 * and noting that it is done makes no second message.
 */
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { FollowUp, FollowUpStore } from "#ports/follow_ups";
import type { LedgerEvent, LedgerStore } from "#ports/ledger";
import type { Route, RouteStore } from "#ports/routes";
import { type Alarm, createAlarm } from "./alarm.ts";
import type { EventData } from "./event_data.ts";
import type { Occasion, Told } from "./pipeline.ts";
import { routesFor } from "./routing.ts";
import type { Silences } from "./silences.ts";

export interface FollowUps {
  /** After an event of an incident was stored, and whether a silence kept it quiet. */
  note(occasion: Occasion, isSilenced: boolean): Promise<void>;
  /** Routes or silences of the tenant changed: what is planned is planned anew. */
  replan(tenantId: string): Promise<void>;
  /** The wall clock was set. */
  shift(byMs: number): Promise<void>;
  begin(): void;
  stop(): Promise<void>;
}

export interface FollowUpTools {
  followUps: FollowUpStore;
  routes: RouteStore;
  silences: Silences;
  ledger: LedgerStore;
  clock: Clock;
  log: Log;
  notify(occasion: Occasion): Promise<Told>;
}

const batch = 100;
const endings = new Set(["incident.acknowledged", "incident.resolved"]);

export function createFollowUps(tools: FollowUpTools): FollowUps {
  const { followUps, ledger, clock, log } = tools;
  const planned = async (followUp: FollowUp): Promise<FollowUp> => ({ ...followUp, dueAtMs: await nextDueAtMs(followUp, tools) });

  const work = async (): Promise<number | undefined> => {
    for (let due = await followUps.due(clock.now(), batch); due.length > 0; due = await followUps.due(clock.now(), batch)) {
      // When an event came in between, what it left is right.
      for (const one of due) await followUps.replace(await planned(await followUp(one, tools)), one);
    }
    return followUps.nextDueAtMs();
  };
  const alarm: Alarm = createAlarm(work, clock, log);
  const shift = async (byMs: number) => {
    await followUps.shift(byMs);
    alarm.ring();
  };

  return {
    async note({ event, labels, wanted, muted }, isSilenced) {
      const { tenantId, incidentId, sequence, type } = event;
      if (incidentId === "") return;
      const before = await followUps.find(tenantId, incidentId);
      if (before !== undefined && before.sequence >= sequence) return;
      if (endings.has(type)) return followUps.remove(tenantId, incidentId);
      // An event that comes again after the incident has gone on must not bring back what is over.
      if (muted !== "" || (await ledger.hasSequence(tenantId, incidentId, sequence + 1))) return;
      const isNew = before === undefined || type === "incident.reopened";
      const begun = isNew ? { openedAtMs: event.atMs, reminders: 0, unmutings: 0, steps: 0 } : before;
      const { openedAtMs, reminders, unmutings, steps } = begun;
      const known = { tenantId, incidentId, sequence, labels, wanted: [...wanted], payload: event.payload, openedAtMs, reminders, unmutings, steps };
      await followUps.put(await planned({ ...known, remindedAtMs: event.atMs, isMuted: isSilenced, dueAtMs: 0 }));
      alarm.ring();
    },
    async replan(tenantId) {
      for (const one of await followUps.list(tenantId)) await followUps.replace(await planned(one), one);
      alarm.ring();
    },
    shift,
    // What was changed right before the process died may not have been planned.
    begin: () => void shift(0).catch((error) => log.error("reminders could not be planned", { reason: messageOf(error) })),
    stop: () => alarm.stop(),
  };
}

/** The first route that matches says how often to remind and whom to call next, whoever was told first. */
async function routeOf({ tenantId, labels }: FollowUp, { routes }: FollowUpTools): Promise<Route | undefined> {
  return routesFor(await routes.list(tenantId), labels)[0];
}

/** The silence that covers what would be said. */
function silenceOver({ tenantId, labels }: FollowUp, type: string, { silences }: FollowUpTools) {
  return silences.muting(tenantId, { ...labels, event: type });
}

/** When something is to be said next; 0 for never. */
async function nextDueAtMs(followUp: FollowUp, tools: FollowUpTools): Promise<number> {
  const route = await routeOf(followUp, tools);
  const times = [
    route !== undefined && route.reminderEveryMs > 0 ? followUp.remindedAtMs + route.reminderEveryMs : 0,
    await stepDueAtMs(followUp, route, tools),
    followUp.isMuted ? ((await silenceOver(followUp, "incident.reminder", tools))?.endsAtMs ?? tools.clock.now()) : 0,
  ].filter((atMs) => atMs > 0);
  return times.length === 0 ? 0 : Math.min(...times);
}

/** When the next step of the escalation is to be taken; 0 for never. A silence puts it off: nobody would have been called. */
async function stepDueAtMs(followUp: FollowUp, route: Route | undefined, tools: FollowUpTools): Promise<number> {
  const step = route?.escalation[followUp.steps];
  if (step === undefined) return 0;
  const silence = await silenceOver(followUp, "incident.escalated", tools);
  return Math.max(followUp.openedAtMs + step.afterMs, silence?.endsAtMs ?? 0);
}

/** Says what is due, one thing at a time, and gives what is left to do. */
async function followUp(one: FollowUp, tools: FollowUpTools): Promise<FollowUp> {
  const nowMs = tools.clock.now();
  const route = await routeOf(one, tools);
  if (one.isMuted && (await silenceOver(one, "incident.reminder", tools)) === undefined) {
    const unmutings = one.unmutings + 1;
    const { isSilenced } = await tell(one, { name: `u${unmutings}`, type: "incident.reminder", reason: "silence_ended", wanted: one.wanted }, tools);
    // Now somebody knows, and has as long to react as with any other incident.
    return { ...one, unmutings, isMuted: isSilenced, remindedAtMs: nowMs, openedAtMs: one.steps === 0 ? nowMs : one.openedAtMs };
  }
  const stepAtMs = await stepDueAtMs(one, route, tools);
  if (stepAtMs > 0 && stepAtMs <= nowMs) {
    const steps = one.steps + 1;
    await tell(one, { name: `e${steps}`, type: "incident.escalated", reason: `escalation_step_${steps}`, wanted: route!.escalation[one.steps]!.channels }, tools);
    return { ...one, steps };
  }
  if (route !== undefined && route.reminderEveryMs > 0 && one.remindedAtMs + route.reminderEveryMs <= nowMs) {
    await tell(one, { name: `r${one.reminders + 1}`, type: "incident.reminder", reason: "reminder", wanted: one.wanted }, tools);
    return { ...one, reminders: one.reminders + 1, remindedAtMs: nowMs };
  }
  return one;
}

interface Saying {
  /** What it is among the sayings about this incident since its newest event. */
  name: string;
  type: string;
  reason: string;
  wanted: readonly string[];
}

function tell({ tenantId, incidentId, sequence, labels, payload }: FollowUp, { name, type, reason, wanted }: Saying, tools: FollowUpTools): Promise<Told> {
  const data: EventData = { ...(JSON.parse(payload) as EventData), reason };
  const event: LedgerEvent = {
    id: `evt_${incidentId.replace(/^inc_/, "")}.${sequence}${name}`,
    tenantId,
    type,
    atMs: tools.clock.now(),
    incidentId,
    sequence,
    payload: JSON.stringify(data),
  };
  return tools.notify({ event, labels: { ...labels, event: type }, wanted, muted: "" });
}
