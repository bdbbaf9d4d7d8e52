/** Notifications: what is told to whom, what came of it, and what a person may do about it. */
import type { IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import { createBroadcast } from "#kernel/broadcast";
import type { Clock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import type { Log } from "#kernel/log";
import type { Telemetry } from "#kernel/telemetry";
import type { ChannelStore, StoredChannel } from "#ports/channels";
import type { Claimed, LedgerFilter, LedgerRow, LedgerStore } from "#ports/ledger";
import type { Vault } from "#ports/vault";
import { type Channels, createChannels } from "./channels.ts";
import { createDeliverer } from "./deliverer.ts";
import type { Gate } from "./egress_gate.ts";
import { dataOf, type EventData } from "./event_data.ts";
import { notify, type PipelineTools } from "./pipeline.ts";
import { type SettingsOf, senders } from "./senders/index.ts";
import type { Answer, Message, Sender } from "./senders/sender.ts";
import { sampleData } from "./templates/sample.ts";
import { TemplateProblem } from "./templates/validate.ts";

export interface NotificationServiceOptions {
  channels: ChannelStore;
  ledger: LedgerStore;
  vault: Vault;
  gate: Gate;
  clock: Clock;
  ids: Ids;
  log: Log;
  telemetry: Telemetry;
  settings: { notificationConcurrency: number; notificationRetention: number };
}

export interface TestAnswer {
  ok: boolean;
  answer: string;
  latencyMs: number;
}

export interface NotificationWork {
  channels: Channels;
  /** Resolves when the messages about it are stored: then the event may be acknowledged. */
  take(event: IncidentEvent): Promise<void>;
  /** Gives the ids of the messages. */
  send(tenantId: string, message: { subject: string; text: string }, channelIds: string[]): Promise<string[]>;
  test(tenantId: string, channelId: string): Promise<TestAnswer>;
  list(tenantId: string, filter: LedgerFilter): Promise<LedgerRow[]>;
  retry(tenantId: string, id: string): Promise<LedgerRow>;
  watch(tenantId: string, signal: AbortSignal): AsyncIterable<LedgerRow>;
  /** Takes back what a process that is gone was sending. Before any event is taken. */
  recover(): Promise<void>;
  /** Begins to send what is due. */
  begin(): void;
  prune(): Promise<void>;
  stop(): Promise<void>;
}

const attemptTimeoutMs = 15_000;
const pruneBatch = 500;

export function createNotificationWork(options: NotificationServiceOptions): NotificationWork {
  const { ledger, clock, ids, log, telemetry, settings } = options;
  const now = () => clock.now();
  const channels = createChannels({ ...options, now });
  const changes = createBroadcast<LedgerRow>();
  const stopping = new AbortController();
  const attempts = telemetry.counter("notification_attempts_total", "Attempts to deliver a notification.", ["channel_type", "outcome"]);

  const sendNow = (channel: StoredChannel, message: Message) => sendThrough(channel, message, { options, channels, signal: stopping.signal });

  const deliverer = createDeliverer({
    ledger,
    changes,
    clock,
    log,
    concurrency: settings.notificationConcurrency,
    async attempt(claimed) {
      const answer = await attempt(claimed, options.channels, sendNow);
      // Before the message is settled: a crash in between repeats the attempt, not the loss of what it taught.
      if (!answer.ok && answer.next === "give_up" && answer.reason === "receiver_gone") await channels.disable(claimed.row.tenantId, claimed.row.channelId);
      return answer;
    },
    settled(row) {
      attempts.inc({ channel_type: row.channelType, outcome: row.state === "waiting" ? "retry" : row.state });
      if (row.state === "dead") log.warn("a notification is dead", { notification: row.id, channel: row.channelId, reason: row.reason, answer: row.lastError });
    },
  });
  const tools: PipelineTools = { channels: options.channels, ledger, deliverer, changes, ids, now };

  return {
    channels,
    async take(event) {
      const { id, tenantId, type, atMs, sequence, incident } = event;
      const payload = JSON.stringify(dataOf(event));
      const ledgerEvent = { id, tenantId, type, atMs, incidentId: incident?.id ?? "", sequence, payload };
      await notify({ event: ledgerEvent, wanted: event.check?.channels ?? [], suppressedBy: incident?.suppressedBy ?? "" }, tools);
    },
    async send(tenantId, message, channelIds) {
      const known = await Promise.all(channelIds.map((id) => options.channels.find(tenantId, id)));
      const missing = known.indexOf(undefined);
      if (missing >= 0) throw new AppError("not_found", `there is no channel "${channelIds[missing]!.slice(0, 80)}"`);
      const payload = JSON.stringify({ message } satisfies EventData);
      const event = { id: ids.next("evt"), tenantId, type: "message", atMs: now(), incidentId: "", sequence: 0, payload };
      return notify({ event, wanted: channelIds, suppressedBy: "" }, tools);
    },
    async test(tenantId, channelId) {
      const channel = await options.channels.find(tenantId, channelId);
      if (channel === undefined) throw new AppError("not_found", `there is no channel "${channelId.slice(0, 80)}"`);
      const begun = clock.monotonic();
      const message = { subject: "Test from UptimePing", text: `This channel works: ${channel.name}` };
      const answer = await sendNow(channel, { id: ids.next("ntf"), type: "test", atMs: now(), data: { ...sampleData, message }, reached: [] });
      return { ok: answer.ok, answer: answer.text, latencyMs: clock.monotonic() - begun };
    },
    list: (tenantId, filter) => ledger.list(tenantId, filter),
    async retry(tenantId, id) {
      const row = await ledger.revive(tenantId, id, now());
      if (row !== undefined) {
        changes.send(row);
        deliverer.wake();
        return row;
      }
      const present = await ledger.find(tenantId, id);
      if (present === undefined) throw new AppError("not_found", `there is no notification "${id.slice(0, 80)}"`);
      throw new AppError("failed_precondition", `the notification is "${present.state}": only a dead or waiting one can be sent again`);
    },
    watch: (tenantId, signal) => changes.subscribe(signal, (row) => row.tenantId === tenantId),
    async recover() {
      const recovered = await ledger.recover(now());
      if (recovered > 0) log.info("notifications that were being sent when the process ended are sent again", { count: recovered });
    },
    begin: () => deliverer.wake(),
    async prune() {
      const beforeMs = now() - settings.notificationRetention;
      while ((await ledger.prune(beforeMs, pruneBatch)) === pruneBatch);
    },
    async stop() {
      const drained = deliverer.stop();
      // A receiver that hangs must not hold the process: what it has not answered is sent again at the next start.
      const timer = clock.after(8_000, () => stopping.abort());
      await drained;
      timer.cancel();
    },
  };
}

async function attempt({ row, event }: Claimed, channels: ChannelStore, send: (channel: StoredChannel, message: Message) => Promise<Answer>): Promise<Answer> {
  try {
    const channel = await channels.find(row.tenantId, row.channelId);
    if (channel === undefined) return { ok: false, text: "the channel was deleted", next: "give_up", reason: "channel_deleted" };
    if (!channel.enabled) return { ok: false, text: "the channel is disabled", next: "give_up", reason: "channel_disabled" };
    const data = JSON.parse(event.payload) as EventData;
    return await send(channel, { id: row.id, type: row.eventType, atMs: event.atMs, data, reached: row.reached });
  } catch (error) {
    return { ok: false, text: messageOf(error), next: "retry" };
  }
}

interface SendContext {
  options: NotificationServiceOptions;
  channels: Channels;
  signal: AbortSignal;
}

async function sendThrough(channel: StoredChannel, message: Message, { options, channels, signal }: SendContext): Promise<Answer> {
  const { clock, gate, log } = options;
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
