import { expect, test } from "bun:test";
import { callAs, refusalOf } from "../../testing/notification_role.ts";
import { type AlertingScene, hourMs, openAlerting } from "../../testing/alerting_scene.ts";

const editor = callAs("editor");
const minuteMs = 60_000;

const states = async (scene: AlertingScene) => (await scene.ledger()).map((row) => `${row.eventType.replace("incident.", "")} ${row.state} ${row.reason}`);

test("what a silence matches by tag, name or severity is recorded with the silence and not told; the rest is told", async () => {
  await using scene = await openAlerting();
  await scene.channel("hook");
  const silences = [
    await scene.silence({ matchers: [{ label: "tag.team", op: "eq", value: "shop" }] }),
    await scene.silence({ matchers: [{ label: "name", op: "matches", value: "^Blog" }] }),
    await scene.silence({ matchers: [{ label: "severity", op: "in", value: ["warning"] }] }),
  ];
  await scene.take({ incidentId: "inc_1", tags: { team: "shop" } });
  await scene.take({ incidentId: "inc_2", checkName: "Blog of ours" });
  await scene.take({ incidentId: "inc_3", severity: "warning" });
  await scene.take({ incidentId: "inc_4", tags: { team: "other" } });
  expect(scene.heard()).toEqual(["hook incident.opened"]);
  const rows = await scene.ledger();
  expect(rows.map((row) => [row.incidentId, row.state, row.because.split(":")[0]]).toReversed()).toEqual([
    ...silences.map(({ id }, n) => [`inc_${n + 1}`, "skipped", id]),
    ["inc_4", "sent", ""],
  ]);
});

test("whoever was told that it began is told that it ended, whatever was silenced in between; whoever was not is not", async () => {
  await using scene = await openAlerting();
  const hook = await scene.channel("hook");
  await scene.take({ channels: [hook] });
  await scene.silence();
  await scene.take({ incidentId: "inc_2", channels: [hook] });
  await scene.take({ type: "incident.acknowledged", sequence: 2, channels: [hook] });
  await scene.take({ type: "incident.resolved", sequence: 3, channels: [hook] });
  await scene.take({ incidentId: "inc_2", type: "incident.resolved", sequence: 2, channels: [hook] });
  expect(scene.heard()).toEqual(["hook incident.opened", "hook incident.resolved"]);

  // It was told of the end, so it does not know of this beginning.
  await scene.take({ type: "incident.reopened", sequence: 4, channels: [hook] });
  await scene.take({ type: "incident.resolved", sequence: 5, channels: [hook] });
  expect(scene.heard()).toEqual([]);
});

test("an incident that is still active when its silence ends is told once", async () => {
  await using scene = await openAlerting();
  await scene.channel("hook");
  await scene.silence();
  await scene.take();
  await scene.later(hourMs - 1);
  expect(scene.heard()).toEqual([]);
  await scene.later(1);
  expect(scene.heard()).toEqual(["hook incident.reminder silence_ended"]);
  await scene.later(48 * hourMs);
  expect(scene.heard()).toEqual([]);
});

test("one that was resolved or acknowledged under its silence is not told when that ends", async () => {
  await using scene = await openAlerting();
  await scene.channel("hook");
  await scene.silence();
  for (const [n, type] of ["incident.resolved", "incident.acknowledged"].entries()) {
    await scene.take({ incidentId: `inc_${n}` });
    await scene.take({ incidentId: `inc_${n}`, type, sequence: 2 });
  }
  await scene.later(3 * hourMs);
  expect(scene.heard()).toEqual([]);
});

test("a silence that is ended, edited away, shortened or deleted tells what it kept quiet", async () => {
  const ways: Record<string, (scene: AlertingScene, id: string) => Promise<unknown>> = {
    ended: (scene, id) => scene.role.api.endSilence({ id } as never, editor),
    deleted: (scene, id) => scene.role.api.deleteSilence({ id } as never, editor),
    edited: (scene, id) => scene.role.api.updateSilence({ id, version: 1, patch: { matchers: [{ label: "name", op: "eq", value: "Other" }] } } as never, editor),
    shortened: (scene, id) => scene.role.api.updateSilence({ id, version: 1, patch: { endsAt: new Date(scene.clock.now() + minuteMs).toISOString() } } as never, editor),
  };
  for (const [way, change] of Object.entries(ways)) {
    await using scene = await openAlerting();
    await scene.channel("hook");
    const { id } = await scene.silence();
    await scene.take();
    await scene.later(10 * minuteMs);
    expect(scene.heard()).toEqual([]);
    await change(scene, id);
    await scene.later(way === "shortened" ? minuteMs : 0);
    expect([way, ...scene.heard()]).toEqual([way, "hook incident.reminder silence_ended"]);
  }
});

test("a silence that ends, or was deleted, while nobody runs is noticed at the next start", async () => {
  await using scene = await openAlerting();
  await scene.channel("hook");
  const { id } = await scene.silence();
  await scene.take();
  await scene.role.stop();
  // As if the process had died between deleting it and planning anew.
  await scene.temp.store.write((tx) => tx.run("DELETE FROM silences WHERE id = ?", [id]));
  await scene.restart();
  await scene.later(0);
  expect(scene.heard()).toEqual(["hook incident.reminder silence_ended"]);
  await scene.restart();
  expect(scene.heard()).toEqual([]);
});

test("of two silences that overlap the one that ends last counts", async () => {
  await using scene = await openAlerting();
  await scene.channel("hook");
  await scene.silence();
  await scene.silence({ endsAt: new Date(scene.clock.now() + 2 * hourMs).toISOString() });
  await scene.take();
  await scene.later(2 * hourMs - 1);
  expect(scene.heard()).toEqual([]);
  await scene.later(1);
  expect(scene.heard()).toEqual(["hook incident.reminder silence_ended"]);
});

test("a silence of reminders alone holds up nothing else, and ends like any other", async () => {
  await using scene = await openAlerting();
  await scene.channel("hook");
  await scene.silence({ matchers: [{ label: "event", op: "eq", value: "incident.reminder" }], endsAt: new Date(scene.clock.now() + 3 * hourMs).toISOString() });
  const openings = await scene.silence({ matchers: [{ label: "event", op: "eq", value: "incident.opened" }] });
  await scene.take();
  await scene.role.api.deleteSilence({ id: openings.id } as never, editor);
  await scene.later(2 * hourMs);
  expect(scene.heard()).toEqual([]);
  await scene.later(hourMs);
  expect(scene.heard()).toEqual(["hook incident.reminder silence_ended"]);
});

test("a reminder under a silence is a skipped row", async () => {
  await using scene = await openAlerting();
  const hook = await scene.channel("hook");
  await scene.route({ channels: [hook], reminderEveryMs: hourMs });
  await scene.take();
  await scene.silence({ endsAt: new Date(scene.clock.now() + 90 * minuteMs).toISOString() });
  await scene.later(hourMs);
  expect(await states(scene)).toEqual(["reminder skipped muted_by_silence", "opened sent delivered"]);
  await scene.later(hourMs);
  expect(scene.heard()).toEqual(["hook incident.opened", "hook incident.reminder reminder"]);
});

test("a silence belongs to its tenant, and can be neither seen nor ended by another", async () => {
  await using scene = await openAlerting({ tenants: 2 });
  const { id } = await scene.silence();
  const stranger = callAs("editor", "ten_2");
  expect(await refusalOf(scene.role.api.getSilence({ id } as never, stranger))).toMatchObject({ code: "not_found" });
  expect(await refusalOf(scene.role.api.endSilence({ id } as never, stranger))).toMatchObject({ code: "not_found" });
  expect(await refusalOf(scene.role.api.deleteSilence({ id } as never, stranger))).toMatchObject({ code: "not_found" });
});

test("a silence is refused with every problem at once", async () => {
  await using scene = await openAlerting();
  const silence = { matchers: [], endsAt: "tomorrow", comment: " ", colour: "red" };
  const { code, fields } = await refusalOf(scene.role.api.createSilence({ silence } as never, editor));
  expect(code).toBe("invalid_argument");
  expect(fields.map((field) => field.pointer).toSorted()).toEqual(["/colour", "/comment", "/endsAt", "/matchers"]);
  const past = { endsAt: new Date(scene.clock.now() - 1).toISOString() };
  expect(await refusalOf(scene.silence(past))).toMatchObject({ fields: [{ pointer: "/endsAt", message: expect.stringContaining("must be after the start") }] });
});
