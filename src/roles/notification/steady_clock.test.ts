import { expect, test } from "bun:test";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { hourMs, openAlerting } from "../../testing/alerting_scene.ts";
import { createSteadyClock } from "./steady_clock.ts";

const minuteMs = 60_000;

test("a step is told once, before the time that was read; wandering is none", async () => {
  const clock = createFakeClock();
  const steps: number[] = [];
  const steady = createSteadyClock(clock, (byMs) => steps.push(byMs));
  await clock.advance(hourMs);
  clock.jump(999);
  steady.now();
  expect(steps).toEqual([]);
  clock.jump(-hourMs - 999);
  expect(steady.now()).toBe(clock.now());
  steady.now();
  expect(steps).toEqual([-hourMs]);
  clock.jump(5_000);
  steady.now();
  expect(steps).toEqual([-hourMs, 5_000]);
});

for (const [name, byMs] of [["back", -hourMs], ["forward", hourMs]] as const) {
  test(`a clock that was set ${name} by an hour changes nothing about when a retry, a held message and a reminder come`, async () => {
    await using scene = await openAlerting();
    const [hook, people] = [await scene.channel("hook"), await scene.channel("people", { type: "slack" })];
    await scene.route({ channels: [hook, people], reminderEveryMs: 2 * hourMs });
    scene.mailbox.respondBy((path) => (path.endsWith("/hook") ? 500 : 200));
    await scene.take();
    await scene.take({ incidentId: "inc_2" });
    expect(scene.heard().toSorted()).toEqual(["hook incident.opened", "hook incident.opened", "people"]);
    scene.clock.jump(byMs);
    scene.mailbox.respondBy(() => 200);
    await scene.clock.advance(14_000);
    expect(scene.heard()).toEqual([]);
    // The retry's own timer notices that the clock was set.
    await scene.clock.advance(3_000);
    await scene.later(minuteMs - 2_000);
    expect(scene.heard().toSorted()).toEqual(["hook incident.opened", "hook incident.opened", "people"]);
    await scene.later(2 * hourMs - 75_001);
    expect(scene.heard()).toEqual([]);
    await scene.later(75_000);
    expect(scene.heard().filter((one) => one.startsWith("hook"))).toEqual(Array<string>(2).fill("hook incident.reminder reminder"));
  });
}

test("what is on its way when the clock is set forward is not sent a second time", async () => {
  await using scene = await openAlerting();
  const hook = await scene.channel("hook");
  scene.mailbox.respondWith("hang");
  const taken = scene.take({ channels: [hook] });
  await scene.mailbox.waitFor(1);
  scene.clock.jump(hourMs);
  scene.mailbox.respondWith(200);
  await scene.clock.advance(10_000);
  expect(scene.mailbox.received.length).toBe(1);
  await scene.clock.advance(5_000);
  await taken;
});

test("a silence is meant as the time on the wall, whatever the clock did", async () => {
  await using scene = await openAlerting();
  await scene.channel("hook");
  await scene.silence({ endsAt: new Date(scene.clock.now() + 2 * hourMs).toISOString() });
  await scene.take();
  scene.clock.jump(hourMs);
  await scene.later(hourMs - minuteMs);
  expect(scene.heard()).toEqual([]);
  await scene.later(minuteMs);
  expect(scene.heard()).toEqual(["hook incident.reminder silence_ended"]);
});
