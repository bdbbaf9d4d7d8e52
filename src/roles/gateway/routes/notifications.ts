/** The ledger of every message. */
import { z } from "zod";
import { route } from "../route.ts";
import { notificationShape, notificationView } from "../views/notifications.ts";
import { page, pageOf, paging } from "../views/shared.ts";

export const notificationRoutes = [
  route({
    method: "GET",
    path: "/notifications",
    access: { role: "viewer", scope: "notifications:read" },
    summary: "Messages that were sent, wait, or were given up, newest first",
    query: z.strictObject({
      ...paging,
      incidentId: z.string().max(100).default(""),
      state: z.enum(["waiting", "sending", "sent", "dead", "skipped", ""]).default(""),
    }),
    response: pageOf(notificationShape),
    handle: async ({ query, call }, { notification }) => {
      const { items, nextCursor } = await notification.listNotifications(query, call);
      return page(items.map(notificationView), nextCursor);
    },
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
