import { when } from "../columns.ts";
import type { Register } from "../context.ts";
import type { Column, Page } from "../output/output.ts";
import { paged, type Paging } from "../paging.ts";
import type { Notification } from "../shapes.ts";

const columns: Column<Notification>[] = [
  { title: "id", of: (notification) => notification.id },
  { title: "at", of: (notification) => when(notification.createdAt) },
  { title: "about", of: (notification) => notification.eventType },
  { title: "incident", of: (notification) => notification.incidentId },
  { title: "to", of: (notification) => `${notification.channelName} (${notification.channelType})` },
  { title: "state", of: (notification) => notification.state },
  { title: "attempts", of: (notification) => notification.attempts?.length },
  { title: "why", of: (notification) => notification.lastError || notification.reason },
];

export const register: Register = (notifications, run) => {
  paged(notifications.command("list").description("list what was sent, and what was not and why"))
    .option("--incident <id>", "about one incident")
    .option("--state <state>", "waiting, sending, sent, dead or skipped")
    .action(run(async ({ api, output }, { limit, cursor, incident, state }: Paging & { incident?: string; state?: string }) => {
      await output.list(await api.request<Page<Notification>>("GET", "/notifications", { query: { limit, cursor, incidentId: incident, state } }), columns);
    }));

  notifications.command("retry").argument("<id>").description("send a dead notification again").action(run(async ({ api, output }, id: string) => {
    await output.one(await api.request<Notification>("POST", `/notifications/${encodeURIComponent(id)}/retry`), columns);
  }));
};
