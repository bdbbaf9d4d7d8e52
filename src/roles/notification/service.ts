/** Notifications: what is told to whom, what came of it, and what a person may do about it. */
import type { IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import { createBroadcast } from "#kernel/broadcast";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import type { Log } from "#kernel/log";
import type { Telemetry } from "#kernel/telemetry";
import type { ChannelStore } from "#ports/channels";
import type { LedgerFilter, LedgerRow, LedgerStore } from "#ports/ledger";
import type { Vault } from "#ports/vault";
import { attempt, type AttemptTools, sendThrough } from "./attempt.ts";
import { type Channels, createChannels } from "./channels.ts";
import { createDeliverer } from "./deliverer.ts";
import type { Gate } from "./egress_gate.ts";
import { dataOf, type EventData } from "./event_data.ts";
import { notify, type PipelineTools } from "./pipeline.ts";
import { sampleData } from "./templates/sample.ts";

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

const pruneBatch = 500;

export function createNotificationWork(options: NotificationServiceOptions): NotificationWork {
  const { ledger, clock, ids, log, telemetry, settings } = options;
  const now = () => clock.now();
  const channels = createChannels({ ...options, now });
  const changes = createBroadcast<LedgerRow>();
  const stopping = new AbortController();
  const attempts = telemetry.counter("notification_attempts_total", "Attempts to deliver a notification.", ["channel_type", "outcome"]);

  const tellers: AttemptTools = { ...options, store: options.channels, channels, signal: stopping.signal };
  const deliverer = createDeliverer({
    ledger,
    changes,
    clock,
    log,
    concurrency: settings.notificationConcurrency,
    attempt: (claimed) => attempt(claimed, tellers),
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
      if (missing >= 0) throw noChannel(channelIds[missing]!);
      const payload = JSON.stringify({ message } satisfies EventData);
      const event = { id: ids.next("evt"), tenantId, type: "message", atMs: now(), incidentId: "", sequence: 0, payload };
      return notify({ event, wanted: channelIds, suppressedBy: "" }, tools);
    },
    async test(tenantId, channelId) {
      const channel = await options.channels.find(tenantId, channelId);
      if (channel === undefined) throw noChannel(channelId);
      const begun = clock.monotonic();
      const message = { subject: "Test from UptimePing", text: `This channel works: ${channel.name}` };
      const sample = { id: ids.next("ntf"), type: "test", atMs: now(), data: { ...sampleData, message }, reached: [] };
      const answer = await sendThrough(channel, sample, tellers);
      return { ok: answer.ok, answer: answer.text, latencyMs: clock.monotonic() - begun };
    },
    list: (tenantId, filter) => ledger.list(tenantId, filter),
    async retry(tenantId, id) {
      const row = await ledger.revive(tenantId, id, now());
      if (row === undefined) throw notRetried(id, await ledger.find(tenantId, id));
      changes.send(row);
      deliverer.wake();
      return row;
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
      // A receiver that hangs must not hold the process: what it has not answered counts as failed and is tried again.
      const timer = clock.after(4_000, () => stopping.abort());
      await drained;
      timer.cancel();
    },
  };
}

function noChannel(id: string): AppError {
  return new AppError("not_found", `there is no channel "${id.slice(0, 80)}"`);
}

function notRetried(id: string, row: LedgerRow | undefined): AppError {
  if (row === undefined) return new AppError("not_found", `there is no notification "${id.slice(0, 80)}"`);
  return new AppError("failed_precondition", `the notification is "${row.state}": only a dead or waiting one can be sent again`);
}
