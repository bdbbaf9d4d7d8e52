/** Contract in, contract out: who may ask, what a request says, and how an answer is written. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import type { NotificationService } from "#contracts/uptimeping/notification/v1/notification_pb";
import { requireRole, tenantOf } from "#kernel/call";
import { AppError, type FieldError, invalidField, messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { Log } from "#kernel/log";
import { idCursor, pageOf, pageSize } from "#kernel/page";
import type { Api } from "#kernel/rpc/contract";
import type { LedgerRow } from "#ports/ledger";
import type { Delivery } from "#ports/queue";
import { type LinkApi, routeApi, silenceApi } from "./alerting_handlers.ts";
import type { NotificationWork } from "./service.ts";
import { shownProviders } from "./senders/shown.ts";
import { templateApi } from "./template_handlers.ts";

const states = ["waiting", "held", "sending", "sent", "dead", "skipped"];

export function notificationApi(work: NotificationWork, linkApi: LinkApi): Api<typeof NotificationService> {
  const { channels } = work;
  return {
    async registerChannel({ channel }, call) {
      requireRole(call, "editor");
      return channels.register(tenantOf(call), (channel ?? {}) as JsonObject);
    },
    async getChannel({ id }, call) {
      requireRole(call, "viewer");
      return channels.get(tenantOf(call), id);
    },
    async updateChannel({ id, patch, version }, call) {
      requireRole(call, "editor");
      return channels.update(tenantOf(call), id, { patch: (patch ?? {}) as JsonObject, seenVersion: version });
    },
    async deleteChannel({ id }, call) {
      requireRole(call, "editor");
      await channels.remove(tenantOf(call), id);
      return {};
    },
    async listChannels({ limit, cursor }, call) {
      requireRole(call, "viewer");
      const size = pageSize(limit);
      return pageOf(await channels.list(tenantOf(call), idCursor(cursor, "chn"), size + 1), size, ({ id }) => id);
    },
    async testChannel({ id, channel }, call) {
      requireRole(call, "editor");
      return work.test(tenantOf(call), id, channel as JsonObject | undefined);
    },
    async listProviders(_, call) {
      requireRole(call, "viewer");
      return { items: shownProviders };
    },
    async sendNotification({ channelIds, subject, text }, call) {
      requireRole(call, "editor");
      refuseBadMessage(subject, text);
      return { notificationIds: await work.send(tenantOf(call), { subject, text }, channelIds) };
    },
    async listNotifications({ incidentId, state, channelId, eventType, fromMs, toMs, limit, cursor }, call) {
      requireRole(call, "viewer");
      if (state !== "" && !states.includes(state)) throw invalidField("/state", `"${state.slice(0, 80)}" is not right: one of ${states.join(", ")}`);
      const size = pageSize(limit);
      const found = await work.list(tenantOf(call), { incidentId, state, channelId, eventType, fromMs, toMs, cursor: idCursor(cursor, "ntf"), limit: size + 1 });
      return pageOf(found.map(answerOf), size, ({ id }) => id);
    },
    async retryNotification({ id }, call) {
      requireRole(call, "editor");
      return answerOf(await work.retry(tenantOf(call), id));
    },
    async retryDead({ channelId }, call) {
      requireRole(call, "editor");
      return { count: await work.retryDead(tenantOf(call), channelId) };
    },
    ...routeApi(work.routes),
    ...silenceApi(work.silences),
    ...linkApi,
    ...templateApi(work.templates),
    watchNotifications(_, call) {
      requireRole(call, "viewer");
      return answers(work.watch(tenantOf(call), call.signal));
    },
  };
}

/**
 * Takes events of incidents. Events of one incident go one after the other in their order, incidents side by side, so that
 * their transactions share a commit. Each is acknowledged once its messages are in the ledger.
 */
export function notificationQueue(work: NotificationWork, log: Log, alsoTell: (event: IncidentEvent) => Promise<void>): (batch: Delivery<"notifications">[]) => Promise<void> {
  const takeOne = async (delivery: Delivery<"notifications">) => {
    try {
      await work.take(delivery.body);
      await alsoTell(delivery.body);
      failpoint("event_taken_before_ack");
    } catch (error) {
      log.error("an incident event could not be stored", { event: delivery.body.id, error });
      return delivery.retry(messageOf(error));
    }
    await delivery.ack();
    failpoint("event_acked");
  };
  return async (batch) => {
    const byIncident = Map.groupBy(batch, ({ body }) => `${body.tenantId}/${body.incident?.id ?? body.id}`);
    const inOrder = async (deliveries: Delivery<"notifications">[]) => {
      for (const delivery of deliveries.toSorted((a, b) => a.body.sequence - b.body.sequence)) await takeOne(delivery);
    };
    await Promise.all([...byIncident.values()].map(inOrder));
  };
}

async function* answers(rows: AsyncIterable<LedgerRow>) {
  for await (const row of rows) yield answerOf(row);
}

function answerOf(row: LedgerRow) {
  return {
    id: row.id,
    tenantId: row.tenantId,
    incidentId: row.incidentId,
    channelId: row.channelId,
    channelName: row.channelName,
    channelType: row.channelType,
    eventType: row.eventType,
    // Those that wait for others of their group, or for the limit of their channel.
    state: row.state === "waiting" && row.reason.startsWith("held_") ? "held" : row.state,
    reason: row.reason,
    createdAtMs: row.createdAtMs,
    nextAttemptAtMs: row.nextAttemptAtMs,
    sentAtMs: row.sentAtMs,
    lastError: row.lastError,
    attempts: row.attempts,
    because: row.because,
    groupedInto: row.groupedInto,
    fallbackFor: row.fallbackFor,
  };
}

function refuseBadMessage(subject: string, text: string): void {
  const fields: FieldError[] = [];
  if (subject.trim() === "" || subject.length > 200 || /[\u0000-\u001f\u007f]/.test(subject)) {
    fields.push({ pointer: "/subject", message: `${JSON.stringify(subject.slice(0, 80))} is not right: one line of 1 to 200 characters` });
  }
  if (text.trim() === "" || text.length > 10_000) fields.push({ pointer: "/text", message: `${text.length} characters are not right: 1 to 10000` });
  if (fields.length > 0) throw invalid(fields);
}

function invalid(fields: FieldError[]): AppError {
  return new AppError("invalid_argument", `the request is not right: ${fields[0]!.pointer}: ${fields[0]!.message}`, { fields });
}
