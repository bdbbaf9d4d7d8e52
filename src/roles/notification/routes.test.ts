import { expect, test } from "bun:test";
import { callAs, refusalOf } from "../../testing/notification_role.ts";
import { hourMs, openAlerting } from "../../testing/alerting_scene.ts";

const editor = callAs("editor");
const team = (value: string) => [{ label: "tag.team", op: "eq", value }];
const minuteMs = 60_000;

test("the first route that matches decides; with `continue` the ones after it are asked as well; a disabled one is not", async () => {
  await using scene = await openAlerting();
  const [first, second, third] = [await scene.channel("first"), await scene.channel("second"), await scene.channel("third")];
  await scene.route({ name: "late", position: 30, channels: [third] });
  await scene.route({ name: "shop", position: 10, matchers: team("shop"), channels: [first], continue: true });
  await scene.route({ name: "off", position: 15, enabled: false, channels: [third] });
  await scene.route({ name: "all", position: 20, channels: [first, second] });
  await scene.take({ tags: { team: "shop" } });
  expect(scene.heard().toSorted()).toEqual(["first incident.opened", "second incident.opened"]);
  expect((await scene.ledger()).map(({ channelName, because }) => `${channelName}: ${because}`).toSorted()).toEqual(['first: route "shop"', 'second: route "all"']);
});

test("where no route matches every enabled channel is told; where one does and names none, nobody is, and the ledger says why", async () => {
  await using scene = await openAlerting();
  await scene.channel("first");
  await scene.channel("second");
  await scene.route({ name: "quiet", matchers: team("shop") });
  await scene.take({ tags: { team: "other" } });
  expect(scene.heard().toSorted()).toEqual(["first incident.opened", "second incident.opened"]);
  await scene.take({ incidentId: "inc_2", tags: { team: "shop" } });
  expect(scene.heard()).toEqual([]);
  expect((await scene.ledger())[0]).toMatchObject({ state: "skipped", reason: "no_channel", because: 'route "quiet" names no channel' });
});

test("the channels of a check win over its routes", async () => {
  await using scene = await openAlerting();
  const [own, routed] = [await scene.channel("own"), await scene.channel("routed")];
  await scene.route({ channels: [routed] });
  await scene.take({ channels: [own] });
  expect(scene.heard()).toEqual(["own incident.opened"]);
});

test("who was told of a beginning is told of the end, though routes send it elsewhere by then", async () => {
  await using scene = await openAlerting();
  const [first, second] = [await scene.channel("first"), await scene.channel("second")];
  const route = await scene.route({ channels: [first] });
  await scene.take();
  await scene.role.api.updateRoute({ id: route.id, version: 1, patch: { channels: [second] } } as never, editor);
  await scene.take({ type: "incident.resolved", sequence: 2 });
  expect(scene.heard().toSorted()).toEqual(["first incident.opened", "first incident.resolved", "second incident.resolved"]);
});

test("a channel that is not there is refused when a route is written, and skipped when it went away later", async () => {
  await using scene = await openAlerting({ tenants: 2, rules: { allow: ["127.0.0.0/8"] } });
  const here = await scene.channel("here");
  const route = { channels: [here, "chn_gone"], escalation: [{ afterMs: minuteMs, channels: ["chn_gone"] }] };
  const { code, fields } = await refusalOf(scene.route(route));
  expect([code, ...fields.map((field) => `${field.pointer} ${field.message}`)]).toEqual(["invalid_argument", '/channels/1 there is no channel "chn_gone"', '/escalation/0/channels/0 there is no channel "chn_gone"']);
  const foreign = scene.role.api.createRoute({ route: { name: "theirs", channels: [here] } } as never, callAs("editor", "ten_2"));
  expect(await refusalOf(foreign)).toMatchObject({ fields: [{ pointer: "/channels/0" }] });

  await scene.route({ channels: [here] });
  await scene.role.api.deleteChannel({ id: here } as never, editor);
  await scene.take();
  expect(await scene.ledger()).toMatchObject([{ state: "skipped", reason: "channel_deleted", channelId: here }]);
});

test("a route can be tried: which channels would hear, and why", async () => {
  await using scene = await openAlerting();
  const [first, second] = [await scene.channel("first"), await scene.channel("second")];
  const { id } = await scene.route({ name: "shop", matchers: team("shop"), channels: [first] });
  const tried = async (labels: object, channels: string[] = []) => scene.role.api.tryRoutes({ labels, channels } as never, callAs("viewer"));
  expect(await tried({ "tag.team": "shop" })).toMatchObject({ routes: [{ id, name: "shop" }], channels: [{ id: first, name: "first", because: 'route "shop"' }] });
  expect((await tried({})).channels!.map((one) => one.name)).toEqual(["first", "second"]);
  expect((await tried({ "tag.team": "shop" }, [second])).channels!.map((one) => one.id)).toEqual([second]);
  expect(scene.heard()).toEqual([]);
});

test("what people read comes as one message, kept apart by the labels of the route; programs get each event at once", async () => {
  await using scene = await openAlerting();
  const [people, machine] = [await scene.channel("people", { type: "slack" }), await scene.channel("machine")];
  await scene.route({ channels: [people, machine], groupBy: ["tag.team"] });
  for (const [n, name] of ["shop", "blog", "shop", "shop"].entries()) await scene.take({ incidentId: `inc_${n}`, tags: { team: name } });
  expect(scene.heard().toSorted()).toEqual([...Array<string>(4).fill("machine incident.opened"), "people", "people"]);
  expect((await scene.ledger()).filter((row) => row.state === "held").map((row) => row.reason)).toEqual(["held_for_its_group", "held_for_its_group"]);
  await scene.later(30_000);
  expect(scene.heard()).toEqual(["people"]);
  expect((await scene.ledger()).filter((row) => row.channelName === "people").map((row) => row.reason).toSorted()).toEqual(["delivered", "delivered", "delivered", "delivered_in_a_group"]);
});

test("an incident that ends while its beginning waits for its group is one message that says how it stands", async () => {
  await using scene = await openAlerting();
  const people = await scene.channel("people", { type: "slack" });
  await scene.take({ channels: [people] });
  await scene.take({ incidentId: "inc_2", channels: [people] });
  await scene.take({ incidentId: "inc_2", type: "incident.resolved", sequence: 2, channels: [people] });
  await scene.later(30_000);
  expect(scene.heard()).toEqual(["people", "people"]);
  expect((await scene.ledger()).filter((row) => row.incidentId === "inc_2").map((row) => row.state)).toEqual(["sent", "sent"]);
});

test("more than people read in a minute is held and goes as one; programs are told of each", async () => {
  await using scene = await openAlerting();
  const [people, machine] = [await scene.channel("people", { type: "slack" }), await scene.channel("machine")];
  await scene.route({ channels: [people, machine], groupWaitMs: 0, groupIntervalMs: 0 });
  for (let n = 0; n < 25; n++) await scene.take({ incidentId: `inc_${n}` });
  const heard = scene.heard();
  expect([heard.filter((one) => one === "people").length, heard.filter((one) => one.startsWith("machine")).length]).toEqual([20, 25]);
  await scene.later(hourMs);
  expect(scene.heard()).toEqual(["people"]);
});

test("a route is refused with every problem at once", async () => {
  await using scene = await openAlerting();
  const route = { name: "", position: -1, reminderEveryMs: 5, groupBy: ["event"], escalation: [{ afterMs: 90_000, channels: [] }], colour: "red" };
  const { fields } = await refusalOf(scene.route(route));
  expect(fields.map((field) => field.pointer).toSorted()).toEqual(["/colour", "/escalation/0/channels", "/groupBy/0", "/name", "/position", "/reminderEveryMs"]);
});

test("a route belongs to its tenant, and is changed only by who saw its newest version", async () => {
  await using scene = await openAlerting({ tenants: 2 });
  const { id } = await scene.route({});
  const stranger = callAs("editor", "ten_2");
  for (const work of [scene.role.api.getRoute({ id } as never, stranger), scene.role.api.deleteRoute({ id } as never, stranger)]) {
    expect(await refusalOf(Promise.resolve(work))).toMatchObject({ code: "not_found" });
  }
  const rename = (version: number) => Promise.resolve(scene.role.api.updateRoute({ id, version, patch: { name: "new" } } as never, editor));
  expect(await rename(1)).toMatchObject({ name: "new", version: 2 });
  expect(await refusalOf(rename(1))).toMatchObject({ code: "version_conflict" });
});
