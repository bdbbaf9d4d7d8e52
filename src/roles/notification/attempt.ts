/** One attempt: the channel as it is now, its settings opened, the sender of its type, and what came of it. */
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { ChannelStore, StoredChannel } from "#ports/channels";
import type { Claimed } from "#ports/ledger";
import type { Channels } from "./channels.ts";
import type { Gate } from "./egress_gate.ts";
import type { EventData } from "./event_data.ts";
import { type SettingsOf, senders } from "./senders/index.ts";
import type { Answer, Message, Sender } from "./senders/sender.ts";
import { TemplateProblem } from "./templates/validate.ts";

export interface AttemptTools {
  store: ChannelStore;
  channels: Channels;
  gate: Gate;
  clock: Clock;
  log: Log;
  /** Aborts when the process stops. */
  signal: AbortSignal;
}

const attemptTimeoutMs = 15_000;

/** Never rejects: whatever goes wrong on our side is tried again. */
export async function attempt({ row, event }: Claimed, tools: AttemptTools): Promise<Answer> {
  try {
    const channel = await tools.store.find(row.tenantId, row.channelId);
    if (channel === undefined) return { ok: false, text: "the channel was deleted", next: "give_up", reason: "channel_deleted" };
    if (!channel.enabled) return { ok: false, text: "the channel is disabled", next: "give_up", reason: "channel_disabled" };
    const data = JSON.parse(event.payload) as EventData;
    const answer = await sendThrough(channel, { id: row.id, type: row.eventType, atMs: event.atMs, data, reached: row.reached }, tools);
    // Before the message is settled: a crash in between repeats the attempt and forgets nothing.
    if (!answer.ok && answer.next === "give_up" && answer.reason === "receiver_gone") await tools.channels.disable(row.tenantId, row.channelId);
    return answer;
  } catch (error) {
    return { ok: false, text: messageOf(error), next: "retry" };
  }
}

export async function sendThrough(channel: StoredChannel, message: Message, { channels, clock, gate, log, signal }: AttemptTools): Promise<Answer> {
  try {
    const sender = senders[channel.type] as Sender<SettingsOf[typeof channel.type]>;
    return await sender(message, channels.open(channel) as never, { clock, gate, signal, timeoutMs: attemptTimeoutMs });
  } catch (error) {
    if (error instanceof TemplateProblem) return { ok: false, text: error.message, next: "give_up", reason: "bad_template" };
    // The text of an error of ours could hold a setting.
    log.error("a sender failed", { channel: channel.id, type: channel.type, error });
    return { ok: false, text: "something failed on our side: see the server's log", next: "retry" };
  }
}
