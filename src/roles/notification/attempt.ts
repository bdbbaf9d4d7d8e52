/** One attempt: the channel as it is now, its settings opened, the sender of its type, and what came of it. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import type { Client } from "#kernel/rpc/contract";
import type { Log } from "#kernel/log";
import type { ChannelStore, StoredChannel } from "#ports/channels";
import type { Claimed } from "#ports/ledger";
import type { Channels } from "./channels.ts";
import type { Gate, Gates } from "./egress_gate.ts";
import { composed } from "./composing.ts";
import type { Links } from "./links.ts";
import type { RecentRuns } from "./recent_runs.ts";
import { type SettingsOf, senders } from "./senders/index.ts";
import type { Answer, Message, Sender } from "./senders/sender.ts";
import { tellSubscriber } from "./subscribers/attempt.ts";
import type { Templates } from "./templates/overrides.ts";
import { TemplateProblem } from "./templates/validate.ts";

export interface AttemptTools {
  store: ChannelStore;
  channels: Channels;
  templates: Templates;
  gates: Gates;
  links: Links;
  recentRuns: RecentRuns;
  /** For status pages. */
  subscribers: Pick<Client<typeof ConfigService>, "getSubscriber">;
  visitorGate: Gate;
  clock: Clock;
  log: Log;
  /** Aborts when the process stops. */
  signal: AbortSignal;
}

const attemptTimeoutMs = 15_000;

/** Never rejects: whatever goes wrong on our side is tried again. */
export async function attempt(claimed: Claimed, tools: AttemptTools, traceparent = ""): Promise<Answer> {
  const { row } = claimed;
  try {
    if (row.eventType.startsWith("status.")) return await tellSubscriber(claimed, tools, attemptTimeoutMs);
    const channel = await tools.store.find(row.tenantId, row.channelId);
    if (channel === undefined) return { ok: false, text: "the channel was deleted", next: "give_up", reason: "channel_deleted" };
    if (!channel.enabled) return { ok: false, text: "the channel is disabled", next: "give_up", reason: "channel_disabled" };
    const { type, atMs, data } = composed(claimed, channel.locale);
    const links = tools.links.of(data, { tenantId: row.tenantId, incidentId: row.incidentId, channelId: row.channelId });
    const answer = await sendThrough(channel, { id: row.id, type, atMs, data: { ...data, links }, reached: row.reached, traceparent }, tools);
    // Before the message is settled: a crash in between repeats the attempt and forgets nothing.
    if (!answer.ok && answer.next === "give_up" && answer.reason === "receiver_gone") await tools.channels.disable(row.tenantId, row.channelId);
    return answer;
  } catch (error) {
    return { ok: false, text: messageOf(error), next: "retry" };
  }
}

async function sendThrough(channel: StoredChannel, message: Message, tools: AttemptTools): Promise<Answer> {
  return sendWith({ ...channel, settings: tools.channels.open(channel) }, message, tools);
}

type Opened = Pick<StoredChannel, "id" | "tenantId" | "type" | "locale"> & { settings: JsonObject };
type SendingTools = Omit<AttemptTools, "store" | "channels" | "links" | "subscribers" | "visitorGate">;

export async function sendWith(channel: Opened, message: Message, tools: SendingTools): Promise<Answer> {
  const { tenantId, locale } = channel;
  const texts = await tools.templates.textsFor(tenantId, locale);
  try {
    const answer = await sendText(channel, { ...message, locale, texts }, tools);
    if (answer.ok || answer.next === "retry" || answer.reason !== "bad_template" || Object.keys(texts).length === 0) return answer;
    // One text of a tenant must not keep all its channels from telling: the shipped one tells too.
    tools.log.warn("a template of a tenant could not be rendered: the shipped one is sent", { tenant: tenantId, channel: channel.id, reason: answer.text });
    return await sendText(channel, { ...message, locale }, tools);
  } catch (error) {
    // The text of an error of ours could hold a setting.
    tools.log.error("a sender failed", { channel: channel.id, type: channel.type, error });
    return { ok: false, text: "something failed on our side: see the server's log", next: "retry" };
  }
}

async function sendText(channel: Opened, message: Message, { clock, gates, recentRuns, signal }: SendingTools): Promise<Answer> {
  const { tenantId } = channel;
  const sender = senders[channel.type] as Sender<SettingsOf[typeof channel.type]>;
  const tools = { clock, gate: gates(tenantId), signal, timeoutMs: attemptTimeoutMs, recentRuns: (checkId: string) => recentRuns(tenantId, checkId) };
  try {
    return await sender(message, channel.settings as never, tools);
  } catch (error) {
    if (error instanceof TemplateProblem) return { ok: false, text: error.message, next: "give_up", reason: "bad_template" };
    throw error;
  }
}
