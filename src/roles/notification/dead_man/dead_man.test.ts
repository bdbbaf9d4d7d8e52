import { expect, test } from "bun:test";
import type { CheckTask } from "#contracts/uptimeping/events/v1/events_pb";
import { createIds } from "#kernel/ids";
import { silentLog } from "#kernel/log";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { createDeadMan } from "./dead_man.ts";

/** All but the queue is real: a test is whoever works it off. */
async function start() {
  const clock = createFakeClock();
  const tasks: CheckTask[] = [];
  const around = { sink: "", pings: 0, removed: [] as string[], isStill: false };
  const deadMan = createDeadMan({
    queue: { publish: async (_queue: string, messages: { body: unknown }[]) => void tasks.push(...messages.map(({ body }) => body as CheckTask)) } as never,
    channels: {
      list: async () => [{ id: "chn_old" }],
      remove: async (_tenantId: string, id: string) => void around.removed.push(id),
      register: async (_tenantId: string, { settings }: { settings: { url: string } }) => ((around.sink = settings.url), { id: "chn_new" }),
    } as never,
    scheduling: async () => {
      if (around.isStill) throw new Error("the scheduler stands still");
    },
    ping: async () => void around.pings++,
    everyMs: 60_000,
    clock,
    ids: createIds(() => clock.now()),
    log: silentLog,
  });
  await deadMan.begin();
  const urlOf = (task: CheckTask) => task.check!.target!["url"] as string;
  const deliver = (type: string, checkId: string) => fetch(around.sink, { method: "POST", body: JSON.stringify({ type, data: { incident: { checkId } } }) });
  return { clock, tasks, around, urlOf, deliver, [Symbol.asyncDispose]: () => deadMan.stop() };
}

test("a check is probed failing and then good, and then another takes its place", async () => {
  await using at = await start();
  expect(at.around.removed).toEqual(["chn_old"]);
  await at.clock.advance(181_000);
  const checks = at.tasks.map((task) => task.check!.id);
  expect([checks.length, checks[0] === checks[1], checks[1] === checks[2]]).toEqual([4, true, false]);
  const statuses = await Promise.all(at.tasks.map(async (task) => (await fetch(at.urlOf(task))).status));
  expect(statuses).toEqual([503, 200, 503, 200]);
  expect(at.tasks[0]!.check).toMatchObject({ tenantId: "ten_platform", channels: ["chn_new"], failureThreshold: 1, recoveryThreshold: 1 });
});

test("the ping goes out when the message of this walk arrives, once, and for no other", async () => {
  await using at = await start();
  await at.clock.advance(5_000);
  const { id } = at.tasks[0]!.check!;
  await at.deliver("incident.resolved", id);
  await at.deliver("incident.opened", "chk_other");
  expect(at.around.pings).toBe(0);
  await at.deliver("incident.opened", id);
  await at.deliver("incident.opened", id);
  expect(at.around.pings).toBe(1);
  await at.clock.advance(60_000);
  await at.deliver("incident.opened", id);
  expect(at.around.pings).toBe(1);
  await at.deliver("incident.resolved", id);
  expect(at.around.pings).toBe(2);
});

test("a walk that does not arrive sends no ping, whatever the timer does", async () => {
  await using at = await start();
  await at.clock.advance(600_000);
  expect([at.tasks.length, at.around.pings]).toEqual([11, 0]);
});

test("who does not know the secret gets nothing", async () => {
  await using at = await start();
  const { origin } = new URL(at.around.sink);
  const statuses = await Promise.all(["/sink", "/good", "/"].map(async (path) => (await fetch(origin + path, { method: "POST", body: "{}" })).status));
  expect(statuses).toEqual([404, 404, 404]);
});

test("a walk that arrives while the scheduler stands still is no reason to ping", async () => {
  await using at = await start();
  at.around.isStill = true;
  await at.clock.advance(5_000);
  await at.deliver("incident.opened", at.tasks[0]!.check!.id);
  expect(at.around.pings).toBe(0);
  at.around.isStill = false;
  await at.clock.advance(60_000);
  await at.deliver("incident.resolved", at.tasks[1]!.check!.id);
  expect(at.around.pings).toBe(1);
});
