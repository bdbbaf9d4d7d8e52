import { expect, test } from "bun:test";
import { silentLog } from "#kernel/log";
import type { SqliteStore } from "../../adapters/sqlite/connection.ts";
import { createSqliteFollowUpStore } from "../../adapters/sqlite/follow_ups.ts";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { startMailbox } from "../../testing/mailbox.ts";
import { addChannel, callAs, incidentEvent, startRole } from "../../testing/notification_role.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { type AlertingScene, dayMs, hourMs, openAlerting } from "../../testing/alerting_scene.ts";
import { createFollowUps, type FollowUpTools } from "./follow_ups.ts";
import type { Occasion } from "./pipeline.ts";

const editor = callAs("editor");
const minuteMs = 60_000;

test("a reminder comes once in each period, for as long as nobody acts: over two months", async () => {
  await using scene = await openAlerting();
  const hook = await scene.channel("hook");
  await scene.route({ channels: [hook], reminderEveryMs: 2 * dayMs });
  await scene.take();
  expect(scene.heard()).toEqual(["hook incident.opened"]);
  for (let day = 2; day <= 60; day += 2) {
    await scene.later(2 * dayMs - 1);
    expect([day, ...scene.heard()]).toEqual([day]);
    await scene.later(1);
    expect([day, ...scene.heard()]).toEqual([day, "hook incident.reminder reminder"]);
  }
}, 60_000);

test("acknowledged or resolved ends reminders and escalation; opened again both begin anew", async () => {
  for (const type of ["incident.acknowledged", "incident.resolved"]) {
    await using scene = await openAlerting();
    const [hook, boss] = [await scene.channel("hook"), await scene.channel("boss")];
    await scene.route({ channels: [hook], reminderEveryMs: hourMs, escalation: [{ afterMs: 90 * minuteMs, channels: [boss] }] });
    await scene.take();
    await scene.later(hourMs);
    await scene.take({ type, sequence: 2 });
    await scene.later(10 * hourMs);
    expect(scene.heard()).toEqual(["hook incident.opened", "hook incident.reminder reminder", `hook ${type}`]);
    await scene.take({ type: "incident.reopened", sequence: 3 });
    await scene.later(hourMs);
    await scene.later(hourMs);
    expect(scene.heard()).toEqual(["hook incident.reopened", "hook incident.reminder reminder", "boss incident.escalated escalation_step_1", "hook incident.reminder reminder"]);
  }
});

test("the steps of an escalation come in their order and to their channels only; who was called hears that somebody is on it, and of the end", async () => {
  await using scene = await openAlerting();
  const [hook, second, third] = [await scene.channel("hook"), await scene.channel("second"), await scene.channel("third")];
  const escalation = [
    { afterMs: 15 * minuteMs, channels: [second] },
    { afterMs: 30 * minuteMs, channels: [third] },
    { afterMs: dayMs, channels: [second, third] },
  ];
  await scene.route({ channels: [hook], escalation });
  await scene.take();
  await scene.later(15 * minuteMs);
  expect(scene.heard()).toEqual(["hook incident.opened", "second incident.escalated escalation_step_1"]);
  await scene.later(15 * minuteMs);
  expect(scene.heard()).toEqual(["third incident.escalated escalation_step_2"]);
  await scene.take({ type: "incident.acknowledged", sequence: 2 });
  expect(scene.heard().toSorted()).toEqual(["hook incident.acknowledged", "second incident.acknowledged", "third incident.acknowledged"]);
  await scene.later(3 * dayMs);
  expect(scene.heard()).toEqual([]);
  await scene.take({ type: "incident.resolved", sequence: 3 });
  expect(scene.heard().toSorted()).toEqual(["hook incident.resolved", "second incident.resolved", "third incident.resolved"]);
});

test("an escalation waits for the end of a silence, and counts from when somebody was told", async () => {
  await using scene = await openAlerting();
  const [hook, boss] = [await scene.channel("hook"), await scene.channel("boss")];
  await scene.route({ channels: [hook], escalation: [{ afterMs: 15 * minuteMs, channels: [boss] }] });
  await scene.silence();
  await scene.take();
  await scene.later(hourMs);
  expect(scene.heard()).toEqual(["hook incident.reminder silence_ended"]);
  await scene.later(15 * minuteMs);
  expect(scene.heard()).toEqual(["boss incident.escalated escalation_step_1"]);
});

test("a silence over an incident that was told puts off its escalation and nothing else", async () => {
  await using scene = await openAlerting();
  const [hook, boss] = [await scene.channel("hook"), await scene.channel("boss")];
  await scene.route({ channels: [hook], escalation: [{ afterMs: 15 * minuteMs, channels: [boss] }] });
  await scene.take();
  await scene.silence();
  await scene.later(hourMs - 1);
  expect(scene.heard()).toEqual(["hook incident.opened"]);
  await scene.later(1);
  expect(scene.heard()).toEqual(["boss incident.escalated escalation_step_1"]);
});

test("a route that is made or changed later counts for incidents that go on", async () => {
  await using scene = await openAlerting();
  const hook = await scene.channel("hook");
  await scene.take();
  const { id } = await scene.route({ channels: [hook], reminderEveryMs: hourMs });
  await scene.later(hourMs);
  expect(scene.heard()).toEqual(["hook incident.opened", "hook incident.reminder reminder"]);
  await scene.role.api.updateRoute({ id, version: 1, patch: { reminderEveryMs: 0 } } as never, editor);
  await scene.later(dayMs);
  expect(scene.heard()).toEqual([]);
});

test("an event that comes again after the incident has gone on brings nothing back", async () => {
  await using scene = await openAlerting();
  const hook = await scene.channel("hook");
  await scene.route({ channels: [hook], reminderEveryMs: hourMs });
  await scene.take();
  await scene.take({ type: "incident.resolved", sequence: 2 });
  await scene.take();
  expect(scene.temp.store.get("SELECT 1 FROM notification_follow_ups")).toBeUndefined();
  await scene.later(dayMs);
  expect(scene.heard()).toEqual(["hook incident.opened", "hook incident.resolved"]);
});

const bodyOf = ({ temp }: AlertingScene) => temp.store.get<{ body: string; due_at_ms: number }>("SELECT body, due_at_ms FROM notification_follow_ups")!;

/** As if the process had died after the message was stored and before that was noted. */
async function repeatAfterCrash(scene: AlertingScene, said: () => Promise<void>): Promise<void> {
  const before = bodyOf(scene);
  await said();
  await scene.role.stop();
  await scene.temp.store.write((tx) => tx.run("UPDATE notification_follow_ups SET body = ?, due_at_ms = ?", [before.body, before.due_at_ms]));
  await scene.clock.advance(5_000);
  await scene.restart();
  await scene.later(0);
}

test("a crash between storing what is said and noting it makes no second message", async () => {
  await using scene = await openAlerting();
  const [hook, boss] = [await scene.channel("hook"), await scene.channel("boss")];
  await scene.route({ channels: [hook], reminderEveryMs: 90 * minuteMs, escalation: [{ afterMs: hourMs, channels: [boss] }] });
  await scene.silence({ endsAt: new Date(scene.clock.now() + 30 * minuteMs).toISOString() });
  await scene.take();
  await repeatAfterCrash(scene, () => scene.later(30 * minuteMs));
  expect(scene.heard()).toEqual(["hook incident.reminder silence_ended"]);
  await repeatAfterCrash(scene, () => scene.later(hourMs));
  expect(scene.heard()).toEqual(["boss incident.escalated escalation_step_1"]);
  await repeatAfterCrash(scene, () => scene.later(30 * minuteMs));
  expect(scene.heard()).toEqual(["hook incident.reminder reminder"]);
  expect((await scene.ledger()).length).toBe(4);
});

test("an acknowledgement that comes while a reminder is being stored is not undone by it", async () => {
  await using temp = await openTempStore();
  const clock = createFakeClock();
  const event = (type: string, sequence: number) => ({ id: `evt_${sequence}`, tenantId: "ten_1", type, atMs: clock.now(), incidentId: "inc_1", sequence, payload: "{}" });
  const occasion = (type: string, sequence: number): Occasion => ({ event: event(type, sequence), labels: {}, wanted: [], muted: "" });
  let reminders = 0;
  const followUps = createFollowUps({
    followUps: createSqliteFollowUpStore(temp.store),
    routes: { list: async () => [{ enabled: true, matchers: [], escalation: [], reminderEveryMs: hourMs }] },
    silences: { muting: async () => undefined },
    ledger: { hasSequence: async () => false },
    clock,
    log: silentLog,
    async notify() {
      reminders++;
      await followUps.note(occasion("incident.acknowledged", 2), false);
      return { ids: [], isSilenced: false };
    },
  } as unknown as FollowUpTools);
  await followUps.note(occasion("incident.opened", 1), false);
  for (let hour = 0; hour < 5; hour++) {
    await clock.advance(hourMs);
    for (let turn = 0; turn < 5; turn++) await clock.advance(0);
  }
  expect(reminders).toBe(1);
  expect(temp.store.get("SELECT 1 FROM notification_follow_ups")).toBeUndefined();
  await followUps.stop();
});

test("what reminders need is stored in the commit of the messages: a lone event costs two, with the one that says what came of it", async () => {
  await using temp = await openTempStore();
  await using mailbox = await startMailbox();
  let commits = 0;
  let isOpen = false;
  // Whatever is written in one turn shares a commit.
  const write: SqliteStore["write"] = (work) => {
    if (!isOpen) {
      commits++;
      isOpen = true;
      setImmediate(() => (isOpen = false));
    }
    return temp.store.write(work);
  };
  const role = await startRole({ ...temp.store, write });
  await addChannel(role, "webhook", { url: mailbox.url });
  await role.advance(0);
  commits = 0;
  await role.take(incidentEvent());
  await role.advance(0);
  expect(mailbox.received.length).toBe(1);
  expect(commits).toBe(2);
  await role.stop();
});

test("after a long sleep there is one reminder and no burst", async () => {
  await using scene = await openAlerting();
  const hook = await scene.channel("hook");
  await scene.route({ channels: [hook], reminderEveryMs: hourMs });
  await scene.take();
  await scene.role.stop();
  await scene.clock.advance(30 * hourMs);
  await scene.restart();
  await scene.later(0);
  expect(scene.heard()).toEqual(["hook incident.opened", "hook incident.reminder reminder"]);
});
