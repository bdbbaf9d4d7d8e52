import type { Notification } from "#contracts/uptimeping/notification/v1/notification_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { isoOrNull, time, timeOrNull } from "./shared.ts";

export const notificationShape = z
  .strictObject({
    id: z.string(),
    incidentId: z.string().nullable(),
    channelId: z.string(),
    channelName: z.string(),
    channelType: z.string(),
    eventType: z.string(),
    state: z.string().meta({ description: "waiting, held (for others of its group, or for its channel's limit), sending, sent, dead or skipped" }),
    reason: z.string(),
    because: z.string().nullable().meta({ description: "why, for people: the silence, the route, the channel for which it stands in" }),
    groupedInto: z.string().nullable().meta({ description: "the notification whose message carried this one" }),
    fallbackFor: z.string().nullable().meta({ description: "the channel for which this one stands in" }),
    createdAt: time,
    nextAttemptAt: timeOrNull,
    sentAt: timeOrNull,
    lastError: z.string().nullable(),
    attempts: z.array(z.strictObject({ at: time, durationMs: z.number(), ok: z.boolean(), answer: z.string() })),
  })
  .meta({ id: "Notification" });

export function notificationView(notification: Notification) {
  const { id, incidentId, channelId, channelName, channelType, eventType, state, reason, because, groupedInto, fallbackFor, lastError } = notification;
  return {
    id,
    incidentId: incidentId || null,
    channelId,
    channelName,
    channelType,
    eventType,
    state,
    reason,
    because: because || null,
    groupedInto: groupedInto || null,
    fallbackFor: fallbackFor || null,
    createdAt: iso(notification.createdAtMs),
    nextAttemptAt: isoOrNull(notification.nextAttemptAtMs),
    sentAt: isoOrNull(notification.sentAtMs),
    lastError: lastError || null,
    attempts: notification.attempts.map(({ atMs, durationMs, ok, answer }) => ({ at: iso(atMs), durationMs, ok, answer })),
  };
}
