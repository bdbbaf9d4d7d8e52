import { AppError } from "#kernel/errors";
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
  { title: "why", of: ({ lastError, because, reason }) => lastError || because || reason },
];

interface ListFlags extends Paging {
  incident?: string;
  channel?: string;
  event?: string;
  from?: string;
  to?: string;
  state?: string;
}

export const register: Register = (notifications, run) => {
  paged(notifications.command("list").description("list what was sent, and what was not and why"))
    .option("--incident <id>", "about one incident")
    .option("--channel <id>", "to one channel")
    .option("--event <type>", "such as incident.opened or incident.reminder")
    .option("--from <time>", "made at or after, such as 2026-03-01T00:00:00Z")
    .option("--to <time>", "made before")
    .option("--state <state>", "waiting, held, sending, sent, dead or skipped")
    .action(run(async ({ api, output }, { limit, cursor, incident, channel, event, from, to, state }: ListFlags) => {
      const query = { limit, cursor, incidentId: incident, channelId: channel, eventType: event, from, to, state };
      await output.list(await api.request<Page<Notification>>("GET", "/notifications", { query }), columns);
    }));

  notifications.command("retry").argument("[id]").description("send a dead notification again, or all dead ones of a channel")
    .option("--channel <id>", "every dead one of this channel")
    .action(run(async ({ api, output }, id: string | undefined, { channel }: { channel?: string }) => {
      if ((id === undefined) === (channel === undefined)) throw new AppError("malformed", "what to send again is not clear: name either one notification or --channel");
      if (id !== undefined) return output.one(await api.request<Notification>("POST", `/notifications/${encodeURIComponent(id)}/retry`), columns);
      const sent = await api.request<{ count: number }>("POST", "/notifications/retry", { body: { channelId: channel } });
      await output.one(sent, [{ title: "sent again", of: ({ count }) => count }]);
    }));
};
