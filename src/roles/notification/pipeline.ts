/**
 * From an event to messages: a literal list of stages, each of which may send, hold or skip, and names its reason.
 * The first four decide; then the decisions are stored in one transaction and what is due goes out at once. How each
 * attempt ends is recorded by the deliverer.
 */
import type { Broadcast } from "#kernel/broadcast";
import type { Ids } from "#kernel/ids";
import type { ChannelStore, ChannelType } from "#ports/channels";
import type { Grouping, LedgerDraft, LedgerEvent, LedgerRow, LedgerStore } from "#ports/ledger";
import type { Labels } from "#ports/matchers";
import type { Route, RouteStore } from "#ports/routes";
import type { Deliverer } from "./deliverer.ts";
import { channelsFor, groupKeyOf, routesFor } from "./routing.ts";
import { listingOf } from "./senders/catalogue.ts";
import type { Silences } from "./silences.ts";

export interface PipelineTools {
  channels: ChannelStore;
  routes: RouteStore;
  silences: Silences;
  ledger: LedgerStore;
  deliverer: Deliverer;
  changes: Broadcast<LedgerRow>;
  ids: Ids;
  now: () => number;
}

/** What is known of an event when it comes in. */
export interface Occasion {
  event: LedgerEvent;
  labels: Labels;
  /** Channels that were asked for; empty when routes decide. */
  wanted: readonly string[];
  /** Why it is recorded and not told; "" when it is to be told. */
  muted: string;
}

interface Plan extends Occasion {
  routes: Route[];
  recipients: Recipient[];
  /** Channels that know of the incident: they are told how it goes on, whatever routes and silences say by now. */
  told: ReadonlySet<string>;
}

interface Recipient {
  channelId: string;
  channelName: string;
  channelType: ChannelType | "";
  /** `waiting` until a stage says otherwise. */
  state: "waiting" | "skipped";
  reason: string;
  because: string;
  /** Not before this. */
  dueAtMs: number;
  grouping: Grouping | undefined;
}

export interface Told {
  /** Ids of the messages that are new. */
  ids: string[];
  /** A silence keeps it from at least one channel. */
  isSilenced: boolean;
}

type Stage = (plan: Plan, tools: PipelineTools) => Promise<Plan>;

const stages: Stage[] = [route, mute, group, dedup];

/**
 * Safe to repeat: the same event to the same channel is one message. What `noted` stores is asked for in the same turn as the messages, so
 * that both share a commit.
 */
export async function notify(occasion: Occasion, tools: PipelineTools, noted: (isSilenced: boolean) => Promise<void> = async () => {}): Promise<Told> {
  let plan: Plan = { ...occasion, routes: [], recipients: [], told: new Set() };
  for (const stage of stages) plan = await stage(plan, tools);
  const isSilenced = plan.recipients.some(({ reason }) => reason === mutedBySilence);
  const [ids] = await Promise.all([deliver(plan, tools), noted(isSilenced)]);
  return { ids, isSilenced };
}

/** Who was called to something hears that it is over, or that somebody is on it: stand-ins and steps of an escalation, too. */
const owed = new Set(["incident.acknowledged", "incident.resolved"]);

/** The channels of the check, else those of its routes, else every enabled channel of the tenant. */
async function route(plan: Plan, { channels, routes, ledger, now }: PipelineTools): Promise<Plan> {
  const { tenantId, incidentId, sequence, type } = plan.event;
  const taken = routesFor(await routes.list(tenantId), plan.labels);
  const told = new Set(owed.has(type) ? await ledger.told(tenantId, incidentId, sequence) : []);
  const chosen = channelsFor(plan.wanted, taken) ?? (await channels.enabled(tenantId)).map(({ id }) => ({ id, because: "" }));
  const wanted = [...chosen, ...[...told].map((id) => ({ id, because: "it was told of the incident before" }))];
  const recipients = await Promise.all(
    wanted.map(async ({ id, because }): Promise<Recipient> => {
      const channel = await channels.find(tenantId, id);
      const unknown = { channelId: id, channelName: "", channelType: "", state: "skipped", reason: "channel_deleted", because, dueAtMs: 0, grouping: undefined } as const;
      if (channel === undefined) return unknown;
      const named = { ...unknown, channelName: channel.name, channelType: channel.type };
      return channel.enabled ? { ...named, state: "waiting", reason: "queued", dueAtMs: now() } : { ...named, reason: "channel_disabled" };
    }),
  );
  return { ...plan, routes: taken, told, recipients: recipients.length > 0 ? recipients : [nobody(taken)] };
}

function nobody(taken: readonly Route[]): Recipient {
  const because = taken.length === 0 ? "" : `route "${taken[0]!.name}" names no channel`;
  return { channelId: "", channelName: "", channelType: "", state: "skipped", reason: "no_channel", because, dueAtMs: 0, grouping: undefined };
}

const mutedBySilence = "muted_by_silence";

/**
 * Consequences of another outage are recorded, not told, and so is what a silence covers. Whoever was told that something began is
 * told that it ended, whatever was silenced in between.
 */
async function mute(plan: Plan, { silences }: PipelineTools): Promise<Plan> {
  if (plan.muted !== "") return { ...plan, recipients: plan.recipients.map((one) => skipped(one, plan.muted, "")) };
  const { tenantId, incidentId, type } = plan.event;
  const silence = incidentId === "" ? undefined : await silences.muting(tenantId, plan.labels);
  if (silence === undefined) return plan;
  const because = `${silence.id}: ${silence.comment}`;
  const recipients = plan.recipients.map((one) => (type === "incident.resolved" && plan.told.has(one.channelId) ? one : skipped(one, mutedBySilence, because)));
  return { ...plan, recipients };
}

/** Programs want each event as it comes, with all that belongs to it. */
export function isForMachines(type: ChannelType | ""): boolean {
  return type === "" || listingOf(type).machine;
}

function skipped(one: Recipient, reason: string, because: string): Recipient {
  return one.state === "waiting" ? { ...one, state: "skipped", reason, because: because || one.because, dueAtMs: 0 } : one;
}

/** What people read comes together: the first message at once, what falls within half a minute of it as one. */
const forPeople = { waitMs: 0, intervalMs: 30_000 };
/** Checks of which it is known that they fell together are one message from the start. */
const knownTogether = { waitMs: 2_000, intervalMs: 30_000 };

/**
 * Messages to people wait for others of their group; machines get each at once, unless a route says otherwise.
 */
async function group(plan: Plan): Promise<Plan> {
  if (plan.event.incidentId === "") return plan;
  const [first] = plan.routes;
  const key = groupKeyOf(first, plan);
  const recipients = plan.recipients.map((one) => {
    const usual = isForMachines(one.channelType) ? { waitMs: 0, intervalMs: 0 } : plan.labels["reason"] === "mass_failure_released" ? knownTogether : forPeople;
    const { waitMs, intervalMs } = { waitMs: first?.groupWaitMs ?? usual.waitMs, intervalMs: first?.groupIntervalMs ?? usual.intervalMs };
    return one.state !== "waiting" || (waitMs === 0 && intervalMs === 0) ? one : { ...one, grouping: { key, waitMs, intervalMs } };
  });
  return { ...plan, recipients };
}

/** A channel that is named twice is told once. Repeats of the whole event end at the ledger's unique key. */
async function dedup(plan: Plan): Promise<Plan> {
  const byChannel = new Map(plan.recipients.toReversed().map((one) => [one.channelId, one]));
  return { ...plan, recipients: [...byChannel.values()].toReversed() };
}

/** Beyond this people stop reading. A program wants each event by itself, and says with its status when it has enough. */
const mostPerMinute = 20;

/** How much a channel takes. */
export function limitOf(type: ChannelType | ""): Pick<LedgerDraft, "mostPerMinute"> {
  return isForMachines(type) ? {} : { mostPerMinute };
}

/**
 * Messages of one incident to one channel keep their order: the ledger makes a later one wait for an earlier one. An event whose
 * predecessor has not arrived yet (a queue may reorder) is held for so long, so that "resolved" does not overtake "opened": enough for
 * a message that was given back to its queue, little enough that news is still news.
 */
const holdMs = 10_000;

async function deliver({ event, recipients }: Plan, tools: PipelineTools): Promise<string[]> {
  const createdAtMs = tools.now();
  const drafts = recipients.map(
    ({ dueAtMs, grouping, ...recipient }): LedgerDraft => ({
      id: tools.ids.next("ntf"),
      ...recipient,
      ...(grouping && { grouping }),
      createdAtMs,
      nextAttemptAtMs: dueAtMs,
      holdMs,
      ...limitOf(recipient.channelType),
    }),
  );
  return store(event, drafts, tools);
}

/** Stores messages about one event, and sends what is due. Gives the ids of those that are new. */
export async function store(event: LedgerEvent, drafts: LedgerDraft[], { ledger, deliverer, changes }: Pick<PipelineTools, "ledger" | "deliverer" | "changes">): Promise<string[]> {
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
