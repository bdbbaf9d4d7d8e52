/** Notifications: what is told to whom, what came of it, and what a person may do about it. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import { createBroadcast } from "#kernel/broadcast";
import type { Clock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { Ids } from "#kernel/ids";
import type { Log } from "#kernel/log";
import type { Telemetry } from "#kernel/telemetry";
import { traceFields } from "#kernel/tracing";
import type { ChannelStore } from "#ports/channels";
import type { FollowUpStore } from "#ports/follow_ups";
import type { LedgerDraft, LedgerEvent, LedgerFilter, LedgerRow, LedgerStore } from "#ports/ledger";
import { platformTenant } from "#ports/platform_tenant";
import type { RouteStore } from "#ports/routes";
import type { SilenceStore } from "#ports/silences";
import type { TemplateStore } from "#ports/templates";
import type { Vault } from "#ports/vault";
import { attempt, type AttemptTools, sendWith } from "./attempt.ts";
import { type Channels, createChannels } from "./channels.ts";
import { tracedAttempt, traceparentOf } from "./attempt_trace.ts";
import { createDeliverer } from "./deliverer.ts";
import type { Gate, Gates } from "./egress_gate.ts";
import { dataOf, type EventData } from "./event_data.ts";
import { standIn } from "./fallback.ts";
import { createFollowUps } from "./follow_ups.ts";
import { createLinks, type Links } from "./links.ts";
import { notify, type Occasion, type PipelineTools, store } from "./pipeline.ts";
import type { RecentRuns } from "./recent_runs.ts";
import { createRoutes, type Routes } from "./routes.ts";
import { labelsOfEvent } from "./routing.ts";
import { createSilences, type Silences } from "./silences.ts";
import { createSteadyClock } from "./steady_clock.ts";
import { createTemplates, type Templates } from "./templates/overrides.ts";
import { sampleData } from "./templates/sample.ts";

export interface NotificationServiceOptions {
  channels: ChannelStore;
  ledger: LedgerStore;
  routes: RouteStore;
  silences: SilenceStore;
  followUps: FollowUpStore;
  templates: TemplateStore;
  vault: Vault;
  gates: Gates;
  recentRuns: RecentRuns;
  clock: Clock;
  ids: Ids;
  log: Log;
  telemetry: Telemetry;
  settings: { notificationConcurrency: number; notificationRetention: number; publicUrl: string };
  /** Told when a message was given up, with all that it would have told. */
  subscribers: AttemptTools["subscribers"];
  visitorGate: Gate;
  onDead?: (row: LedgerRow, events: LedgerEvent[]) => void;
}

export interface TestAnswer {
  ok: boolean;
  answer: string;
  latencyMs: number;
}

export interface NotificationWork {
  channels: Channels;
  routes: Routes;
  silences: Silences;
  templates: Templates;
  links: Links;
  /** Resolves when the messages about it are stored: then the event may be acknowledged. */
  take(event: IncidentEvent): Promise<void>;
  /** Gives the ids of the messages. */
  send(tenantId: string, message: { subject: string; text: string }, channelIds: string[]): Promise<string[]>;
  /** Messages that need no route: whom they reach is in them. */
  put(event: LedgerEvent, drafts: LedgerDraft[]): Promise<void>;
  /** One that is saved, or with a document one that is not. */
  test(tenantId: string, channelId: string, document?: JsonObject): Promise<TestAnswer>;
  list(tenantId: string, filter: LedgerFilter): Promise<LedgerRow[]>;
  retry(tenantId: string, id: string): Promise<LedgerRow>;
  /** Every dead message of a channel; gives how many. */
  retryDead(tenantId: string, channelId: string): Promise<number>;
  watch(tenantId: string, signal: AbortSignal): AsyncIterable<LedgerRow>;
  /** Takes back what a process that is gone was sending. Before any event is taken. */
  recover(): Promise<void>;
  /** Begins to send what is due. */
  begin(): void;
  prune(): Promise<void>;
  stop(): Promise<void>;
}

const pruneBatch = 500;
/** What the dead man's switch sends. */
const platformKeptMs = 86_400_000;
const retryBatch = 200;

export function createNotificationWork(options: NotificationServiceOptions): NotificationWork {
  const { ledger, ids, log, telemetry, settings } = options;
  const clock = createSteadyClock(options.clock, (byMs) => void shift(byMs));
  const now = () => clock.now();
  const channels = createChannels({ ...options, now });
  const changes = createBroadcast<LedgerRow>();
  const stopping = new AbortController();
  const attempts = telemetry.counter("notification_attempts_total", "Attempts to deliver a notification.", ["channel_type", "outcome"]);

  const links = createLinks({ vault: options.vault, clock, publicUrl: settings.publicUrl });
  const routes = createRoutes({ ...options, now, changed: (tenantId) => void replan(tenantId) });
  const silences = createSilences({ ...options, now, changed: (tenantId) => void replan(tenantId) });
  const templates = createTemplates({ ...options, now });
  const tellers: AttemptTools = { ...options, clock, store: options.channels, channels, templates, links, signal: stopping.signal };
  const deliverer = createDeliverer({
    ledger,
    changes,
    clock,
    log,
    concurrency: settings.notificationConcurrency,
    attempt: (claimed) => tracedAttempt(claimed, telemetry.tracing, (traceparent) => attempt(claimed, tellers, traceparent)),
    failed: (claimed, failure) => standIn(claimed, failure, tools),
    settled(row, claimed) {
      attempts.inc({ channel_type: row.channelType, outcome: row.state === "waiting" ? "retry" : row.state });
      for (const { row: member } of claimed.members) changes.send({ ...member, state: row.state, reason: row.reason, sentAtMs: row.sentAtMs, lastError: row.lastError });
      if (row.state === "dead") {
        log.warn("a notification is dead", { notification: row.id, channel: row.channelId, reason: row.reason, answer: row.lastError, ...traceFields(traceparentOf(claimed.event)) });
        // A visitor who is gone is nobody's broken channel.
        if (!row.eventType.startsWith("status.")) options.onDead?.(row, [claimed.event, ...claimed.members.map((member) => member.event)]);
      }
    },
  });
  const tools: PipelineTools = { channels: options.channels, routes: options.routes, silences, ledger, deliverer, changes, ids, now };
  const followUps = createFollowUps({ ...options, clock, silences, notify: (occasion) => notify(occasion, tools) });
  const shift = async (byMs: number) => {
    log.warn("the wall clock was set: what waits, waits as long as before", { byMs });
    await Promise.all([ledger.shift(byMs), followUps.shift(byMs)]).catch((error) => log.error("what waits could not be moved along with the clock", { reason: messageOf(error) }));
    deliverer.wake();
  };
  const replan = (tenantId: string) => followUps.replan(tenantId).catch((error) => log.warn("reminders could not be planned anew", { reason: messageOf(error) }));

  return {
    channels,
    routes,
    silences,
    templates,
    links,
    async take(event) {
      const occasion = occasionOf(event);
      await notify(occasion, tools, (isSilenced) => followUps.note(occasion, isSilenced));
    },
    async send(tenantId, message, channelIds) {
      const known = await Promise.all(channelIds.map((id) => options.channels.find(tenantId, id)));
      const missing = known.indexOf(undefined);
      if (missing >= 0) throw noChannel(channelIds[missing]!);
      const payload = JSON.stringify({ message } satisfies EventData);
      const event = { id: ids.next("evt"), tenantId, type: "message", atMs: now(), incidentId: "", sequence: 0, payload };
      return (await notify({ event, labels: { event: "message" }, wanted: channelIds, muted: "" }, tools)).ids;
    },
    async put(event, drafts) {
      await store(event, drafts, tools);
    },
    async test(tenantId, channelId, document) {
      const channel = document === undefined ? await options.channels.find(tenantId, channelId) : undefined;
      const draft = channel === undefined && document !== undefined ? await channels.drafted(tenantId, channelId, document) : undefined;
      const tested = channel ? { ...channel, settings: channels.open(channel) } : draft && { ...draft, id: channelId, tenantId };
      if (tested === undefined) throw noChannel(channelId);
      const begun = clock.monotonic();
      const message = { subject: "Test from UptimePing", text: `This channel works: ${tested.name}` };
      const sample = { id: ids.next("ntf"), type: "test", atMs: now(), data: { ...sampleData, message }, reached: [] };
      const answer = await sendWith(tested, sample, tellers);
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
    async retryDead(tenantId, channelId) {
      const ofChannel: string[] = [];
      const dead = { incidentId: "", state: "dead", channelId, eventType: "", fromMs: 0, toMs: 0, limit: retryBatch, cursor: "" };
      for (let rows = await ledger.list(tenantId, dead); rows.length > 0; rows = await ledger.list(tenantId, { ...dead, cursor: rows.at(-1)!.id })) {
        ofChannel.push(...rows.map((row) => row.id));
      }
      let count = 0;
      // Oldest first: a later message of an incident that went out before would leave the earlier one overtaken.
      for (const id of ofChannel.toReversed()) {
        const row = await ledger.revive(tenantId, id, now());
        if (row !== undefined) changes.send(row);
        count += row === undefined ? 0 : 1;
      }
      deliverer.wake();
      return count;
    },
    watch: (tenantId, signal) => changes.subscribe(signal, (row) => row.tenantId === tenantId),
    async recover() {
      const recovered = await ledger.recover(now());
      failpoint("ledger_recovered");
      if (recovered > 0) log.info("notifications that were being sent when the process ended are sent again", { count: recovered });
    },
    begin() {
      deliverer.wake();
      followUps.begin();
    },
    async prune() {
      const beforeMs = now() - settings.notificationRetention;
      while ((await ledger.prune(beforeMs, pruneBatch)) === pruneBatch);
      while ((await ledger.prune(now() - platformKeptMs, pruneBatch, platformTenant)) === pruneBatch);
      while ((await options.silences.prune(beforeMs, pruneBatch)) === pruneBatch);
    },
    async stop() {
      await followUps.stop();
      const drained = deliverer.stop();
      // A receiver that hangs must not hold the process: what it has not answered counts as failed and is tried again.
      const timer = clock.after(4_000, () => stopping.abort());
      await drained;
      timer.cancel();
    },
  };
}

function occasionOf(event: IncidentEvent): Occasion {
  const { id, tenantId, type, atMs, sequence, incident } = event;
  // An older incident role names no reason to mute, only what it is a consequence of.
  const isConsequence = (incident?.suppressedBy ?? "") !== "" && (type === "incident.opened" || type === "incident.reopened");
  return {
    event: { id, tenantId, type, atMs, incidentId: incident?.id ?? "", sequence, payload: JSON.stringify(dataOf(event)) },
    labels: labelsOfEvent(event),
    wanted: event.check?.channels ?? [],
    muted: event.muted || (isConsequence ? "suppressed_by_dependency" : ""),
  };
}

function noChannel(id: string): AppError {
  return new AppError("not_found", `there is no channel "${id.slice(0, 80)}"`);
}

function notRetried(id: string, row: LedgerRow | undefined): AppError {
  if (row === undefined) return new AppError("not_found", `there is no notification "${id.slice(0, 80)}"`);
  if (row.state === "dead") return new AppError("failed_precondition", "a later message about this incident was sent already: this one would say what is no longer so");
  return new AppError("failed_precondition", `the notification is "${row.state}": only a dead or waiting one can be sent again`);
}
