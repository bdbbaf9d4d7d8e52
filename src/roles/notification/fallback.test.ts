import { expect, test } from "bun:test";
import { callAs } from "../../testing/notification_role.ts";
import { type AlertingScene, dayMs, hourMs, openAlerting } from "../../testing/alerting_scene.ts";

const editor = callAs("editor");
const minuteMs = 60_000;

/** The receivers of these names answer with 500 until further notice. */
function failing(scene: AlertingScene, ...names: string[]): void {
  scene.mailbox.respondBy((path) => (names.some((name) => path.endsWith(`/${name}`)) ? 500 : 200));
}

const rowsOf = async (scene: AlertingScene, name: string) =>
  (await scene.ledger()).filter((row) => row.channelName === name).map((row) => `${row.eventType} ${row.state} ${row.reason}`);

test("after the third failure another channel stands in, and the channel itself is tried on", async () => {
  await using scene = await openAlerting();
  const spare = await scene.channel("spare");
  const hook = await scene.channel("hook", { fallback: spare });
  failing(scene, "hook");
  await scene.take({ channels: [hook] });
  await scene.later(20_000);
  expect(scene.heard()).toEqual(["hook incident.opened", "hook incident.opened"]);
  await scene.later(40_000);
  expect(scene.heard()).toEqual(["hook incident.opened", "spare incident.opened"]);
  const [standIn] = (await scene.ledger()).filter((row) => row.channelName === "spare");
  expect(standIn).toMatchObject({ fallbackFor: hook, because: 'stands in for "hook": status 500' });
  failing(scene);
  await scene.later(10 * minuteMs);
  expect(scene.heard()).toEqual(["hook incident.opened"]);
  expect(await rowsOf(scene, "hook")).toEqual(["incident.opened sent delivered"]);
});

test("who stood in for a beginning is told of the end, however long the other one fails", async () => {
  await using scene = await openAlerting();
  const spare = await scene.channel("spare");
  const hook = await scene.channel("hook", { fallback: spare });
  failing(scene, "hook");
  await scene.take({ channels: [hook] });
  await scene.later(2 * minuteMs);
  await scene.take({ type: "incident.resolved", sequence: 2, channels: [hook] });
  expect(scene.heard().filter((one) => one.startsWith("spare"))).toEqual(["spare incident.opened", "spare incident.resolved"]);
});

test("a message that is refused has another channel stand in at once, and once", async () => {
  await using scene = await openAlerting();
  const spare = await scene.channel("spare");
  const hook = await scene.channel("hook", { fallback: spare });
  scene.mailbox.respondWith(404);
  await scene.take({ channels: [hook] });
  expect(scene.heard()).toEqual(["hook incident.opened", "spare incident.opened"]);
  await scene.take({ channels: [hook] });
  await scene.later(dayMs);
  expect(scene.heard()).toEqual([]);
});

test("one message for each event stands in over all attempts, until the channel is given up", async () => {
  await using scene = await openAlerting();
  const spare = await scene.channel("spare");
  const hook = await scene.channel("hook", { fallback: spare });
  failing(scene, "hook");
  await scene.take({ channels: [hook] });
  await scene.later(5 * dayMs);
  expect(await rowsOf(scene, "hook")).toEqual(["incident.opened dead gave_up"]);
  expect(scene.heard().filter((one) => one.startsWith("spare"))).toEqual(["spare incident.opened"]);
}, 30_000);

test("two channels that stand in for each other make no circle", async () => {
  await using scene = await openAlerting();
  const first = await scene.channel("first");
  const second = await scene.channel("second", { fallback: first });
  await scene.role.api.updateChannel({ id: first, version: 1, patch: { fallback: second } } as never, editor);
  failing(scene, "first", "second");
  await scene.take({ channels: [first] });
  await scene.later(hourMs);
  expect((await scene.ledger()).map((row) => `${row.channelName} for ${row.fallbackFor}`).toSorted()).toEqual(["first for ", `second for ${first}`]);
  await scene.take({ incidentId: "inc_2", channels: [first, second] });
  await scene.later(hourMs);
  expect((await scene.ledger()).length).toBe(4);
});

test("one that stands in has nobody behind it", async () => {
  await using scene = await openAlerting();
  const third = await scene.channel("third");
  const second = await scene.channel("second", { fallback: third });
  const first = await scene.channel("first", { fallback: second });
  failing(scene, "first", "second");
  await scene.take({ channels: [first] });
  await scene.later(hourMs);
  expect(await rowsOf(scene, "third")).toEqual([]);
});

test("what was one message stays one when another channel stands in, and programs still get each event", async () => {
  for (const type of ["slack", "webhook"]) {
    await using scene = await openAlerting();
    const spare = await scene.channel("spare", { type });
    const hook = await scene.channel("hook", { type: "slack", fallback: spare });
    failing(scene, "hook");
    await scene.route({ channels: [hook], groupWaitMs: 1_000 });
    for (const incidentId of ["inc_1", "inc_2", "inc_3"]) await scene.take({ incidentId });
    await scene.later(2 * minuteMs);
    expect(scene.heard().filter((one) => one.startsWith("spare")).length).toBe(type === "slack" ? 1 : 3);
    expect((await rowsOf(scene, "spare")).toSorted()).toEqual([
      ...Array<string>(type === "slack" ? 1 : 3).fill("incident.opened sent delivered"),
      ...Array<string>(type === "slack" ? 2 : 0).fill("incident.opened sent delivered_in_a_group"),
    ]);
  }
});

test("a channel that is off or gone stands in for nobody", async () => {
  await using scene = await openAlerting();
  const spare = await scene.channel("spare");
  const hook = await scene.channel("hook", { fallback: spare });
  await scene.role.api.updateChannel({ id: spare, version: 1, patch: { enabled: false } } as never, editor);
  scene.mailbox.respondWith(404);
  await scene.take({ channels: [hook] });
  expect(await rowsOf(scene, "spare")).toEqual([]);
});
