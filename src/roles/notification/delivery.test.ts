import { expect, test } from "bun:test";
import { startMailbox } from "../../testing/mailbox.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { callAs, incidentEvent, startRole } from "../../testing/notification_role.ts";

const editor = callAs("editor");

test("an opened incident reaches the webhook at once, once, and the ledger says so", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  const role = await startRole(temp.store);
  const channel = await role.api.registerChannel({ channel: { type: "webhook", name: "Hook", settings: { url: mailbox.url } } } as never, editor);

  expect(await role.take(incidentEvent())).toEqual({ acked: 1, retried: [] });
  await mailbox.waitFor(1);
  expect(await role.take(incidentEvent())).toEqual({ acked: 1, retried: [] });
  await role.advance(60_000);

  expect(mailbox.received.length).toBe(1);
  const { items } = await role.api.listNotifications({ incidentId: "inc_1", state: "", limit: 0, cursor: "" } as never, editor);
  expect(items).toMatchObject([{ channelId: channel.id, state: "sent", reason: "delivered", eventType: "incident.opened" }]);
  expect(mailbox.received[0]!.headers["webhook-id"]).toBe(items![0]!.id!);
  expect(mailbox.received[0]!.json).toMatchObject({ type: "incident.opened", data: { incident: { id: "inc_1" }, check: { name: "Shop" }, result: { status: "down" } } });
  await role.stop();
});
