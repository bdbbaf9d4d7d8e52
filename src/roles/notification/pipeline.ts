/**
 * From an event to messages: a literal list of stages, each of which may send, hold or skip, and names its reason.
 * The first four decide; then the decisions are stored in one transaction and what is due goes out at once. How each
 * attempt ends is recorded by the deliverer.
 */
import type { Broadcast } from "#kernel/broadcast";
import type { Ids } from "#kernel/ids";
import type { ChannelStore, ChannelType } from "#ports/channels";
import type { LedgerDraft, LedgerEvent, LedgerRow, LedgerStore } from "#ports/ledger";
import type { Deliverer } from "./deliverer.ts";

export interface PipelineTools {
  channels: ChannelStore;
  ledger: LedgerStore;
  deliverer: Deliverer;
  changes: Broadcast<LedgerRow>;
  ids: Ids;
  now: () => number;
}

/** What is known of an event on its way. */
export interface Plan {
  event: LedgerEvent;
  /** Channels that were asked for; empty for every enabled one. */
  wanted: readonly string[];
  /** Id of the incident that this one is a consequence of, "" when there is none. */
  suppressedBy: string;
  recipients: Recipient[];
}

export interface Recipient {
  channelId: string;
  channelName: string;
  channelType: ChannelType | "";
  /** `waiting` until a stage says otherwise. */
  state: "waiting" | "skipped";
  reason: string;
  /** Not before this. */
  dueAtMs: number;
}

type Stage = (plan: Plan, tools: PipelineTools) => Promise<Plan>;

const stages: Stage[] = [route, mute, group, dedup];

/** Gives the ids of the messages that are new. Safe to repeat: the same event to the same channel is one message. */
export async function notify(plan: Omit<Plan, "recipients">, tools: PipelineTools): Promise<string[]> {
  let decided: Plan = { ...plan, recipients: [] };
  for (const stage of stages) decided = await stage(decided, tools);
  return deliver(decided, tools);
}

/** The channels of the check, else every enabled channel of the tenant. */
async function route(plan: Plan, { channels, now }: PipelineTools): Promise<Plan> {
  const { tenantId } = plan.event;
  const queued = { state: "waiting", reason: "queued", dueAtMs: now() } as const;
  const skipped = (channelId: string, reason: string): Recipient => ({ channelId, channelName: "", channelType: "", state: "skipped", reason, dueAtMs: 0 });

  const recipients: Recipient[] = [];
  if (plan.wanted.length === 0) {
    for (const { id, name, type } of await channels.enabled(tenantId)) recipients.push({ channelId: id, channelName: name, channelType: type, ...queued });
  }
  for (const id of plan.wanted) {
    const channel = await channels.find(tenantId, id);
    if (channel === undefined) recipients.push(skipped(id, "channel_deleted"));
    else {
      const named = { channelId: id, channelName: channel.name, channelType: channel.type };
      recipients.push(channel.enabled ? { ...named, ...queued } : { ...skipped(id, "channel_disabled"), ...named });
    }
  }
  return { ...plan, recipients: recipients.length > 0 ? recipients : [skipped("", "no_channel")] };
}

/** Consequences of another outage are recorded, not paged; what a person did and that it is over are told. */
async function mute(plan: Plan): Promise<Plan> {
  const begins = plan.event.type === "incident.opened" || plan.event.type === "incident.reopened";
  if (plan.suppressedBy === "" || !begins) return plan;
  return skipWaiting(plan, "suppressed_by_dependency");
}

// Long enough for a message that was given back to its queue, short enough that news is still news.
const holdMs = 10_000;

/**
 * Messages of one incident to one channel keep their order: the ledger makes a later one wait for an earlier one. An event
 * whose predecessor has not arrived yet (a queue may reorder) is held for a moment, so that "resolved" never overtakes "opened".
 */
async function group(plan: Plan, { ledger, now }: PipelineTools): Promise<Plan> {
  const { tenantId, incidentId, sequence } = plan.event;
  if (incidentId === "" || sequence <= 1 || (await ledger.hasSequence(tenantId, incidentId, sequence - 1))) return plan;
  const recipients = plan.recipients.map((one) =>
    one.state === "waiting" ? { ...one, reason: "held_for_an_earlier_event", dueAtMs: now() + holdMs } : one,
  );
  return { ...plan, recipients };
}

/** A channel that is named twice is told once. Repeats of the whole event end at the ledger's unique key. */
async function dedup(plan: Plan): Promise<Plan> {
  const byChannel = new Map(plan.recipients.toReversed().map((one) => [one.channelId, one]));
  return { ...plan, recipients: [...byChannel.values()].toReversed() };
}

async function deliver({ event, recipients }: Plan, { ledger, deliverer, changes, ids, now }: PipelineTools): Promise<string[]> {
  const createdAtMs = now();
  const drafts = recipients.map(({ dueAtMs, ...recipient }): LedgerDraft => ({ id: ids.next("ntf"), ...recipient, createdAtMs, nextAttemptAtMs: dueAtMs }));
  const slots = deliverer.reserve(event.tenantId, drafts.length);
  try {
    const { added, claimed } = await ledger.append(event, drafts, slots.terms);
    slots.deliver(claimed);
    for (const row of added) if (row.state !== "sending") changes.send(row);
    if (added.some((row) => row.state === "waiting")) deliverer.wake();
    return added.map((row) => row.id);
  } catch (error) {
    slots.deliver([]);
    throw error;
  }
}

function skipWaiting(plan: Plan, reason: string): Plan {
  const recipients = plan.recipients.map((one): Recipient => (one.state === "waiting" ? { ...one, state: "skipped", reason, dueAtMs: 0 } : one));
  return { ...plan, recipients };
}
