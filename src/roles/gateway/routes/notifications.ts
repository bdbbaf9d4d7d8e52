/** The ledger of every message. */
import { z } from "zod";
import { route } from "../route.ts";
import { notificationShape, notificationView } from "../views/notifications.ts";
import { page, pageOf, paging, timeFilter } from "../views/shared.ts";

export const notificationRoutes = [
  route({
    method: "GET",
    path: "/notifications",
    access: { role: "viewer", scope: "notifications:read" },
    summary: "Messages that were sent, wait, or were given up, newest first",
    query: z.strictObject({
      ...paging,
      incidentId: z.string().max(100).default(""),
      state: z.enum(["waiting", "held", "sending", "sent", "dead", "skipped", ""]).default(""),
      channelId: z.string().max(100).default(""),
      eventType: z.string().max(100).default(""),
      from: timeFilter,
      to: timeFilter,
    }),
    response: pageOf(notificationShape),
    handle: async ({ query: { from, to, ...query }, call }, { notification }) => {
      const { items, nextCursor } = await notification.listNotifications({ ...query, fromMs: from, toMs: to }, call);
      return page(items.map(notificationView), nextCursor);
    },
  }),
  route({
    method: "POST",
    path: "/notifications/retry",
    access: { role: "editor", scope: "notifications:write" },
    summary: "Make every dead message of a channel due now",
    body: z.strictObject({ channelId: z.string().min(1).max(100) }),
    response: z.strictObject({ count: z.number() }),
    audit: "notification.retry_dead",
    handle: async ({ body, call }, { notification }) => ({ count: (await notification.retryDead(body, call)).count }),
  }),
  route({
    method: "POST",
    path: "/notifications/{id}/retry",
    access: { role: "editor", scope: "notifications:write" },
    summary: "Make a dead or waiting message due now",
    response: notificationShape,
    audit: "notification.retry",
    handle: async ({ params, call }, { notification }) => notificationView(await notification.retryNotification({ id: params["id"]! }, call)),
  }),
];
