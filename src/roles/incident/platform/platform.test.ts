import { expect, test } from "bun:test";
import { systemCall } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { runResult, startIncidentRole, type IncidentSurroundings } from "../../../testing/incident_role.ts";
import { openTempStore } from "../../../testing/temp_store.ts";

const operator = "ten_operator";
const call = { ...systemCall("test", operator), actor: { type: "user", id: "usr_1", role: "editor", ip: "" } } as const;
const offline = { key: "offline", title: "offline", message: "our own connectivity is lost: 2 of 2 canaries do not answer", severity: "critical" };

async function start(around: Partial<IncidentSurroundings> = {}) {
  const temp = await openTempStore();
  const said = { items: [] as object[], away: false, network: { known: true, online: true } };
  const core = {
    checkConnectivity: async () => said.network,
    listPlatformConditions: async () => {
      if (said.away) throw new AppError("unavailable", "core is away");
      return { items: said.items };
    },
  };
  const role = await startIncidentRole(temp.store, { core, operatorTenantId: operator, ...around });
  const list = async (tenantId = operator) => (await role.api.listIncidents({ state: "", checkId: "", limit: 50, cursor: "" } as never, { ...call, tenantId })).items!;
  // Each look of the role ends on a real disk.
  const looks = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await role.clock.advance(15_000);
      await temp.store.write(() => {});
      await role.clock.advance(0);
      await temp.store.write(() => {});
    }
  };
  const dispose = async () => {
    await role.stop();
    await temp[Symbol.asyncDispose]();
  };
  return { role, said, list, looks, [Symbol.asyncDispose]: dispose };
}

test("what core says of itself is one incident of those who run the platform, from when it began to when it ended", async () => {
  await using at = await start();
  const sinceMs = at.role.clock.now() - 20_000;
  at.said.items = [{ ...offline, failing: true, sinceMs }];
  await at.looks(3);
  expect(await at.list()).toMatchObject([{ checkId: "platform:offline", checkName: "UptimePing itself: offline", state: "open", severity: "critical", startedAtMs: sinceMs, occurrences: 3 }]);
  expect(await at.list("ten_other")).toEqual([]);
  at.said.items = [{ ...offline, failing: false, sinceMs: 0 }];
  await at.looks(1);
  const endedAtMs = at.role.clock.now();
  await at.looks(2);
  expect(await at.list()).toMatchObject([{ state: "open" }]);
  await at.looks(1);
  expect(await at.list()).toMatchObject([{ state: "resolved", resolvedBy: "system", startedAtMs: sinceMs, endedAtMs }]);
  expect(at.role.events.map(({ type, tenantId, check, result }) => [type, tenantId, check?.type, result?.error?.message ?? ""])).toEqual([
    ["incident.opened", operator, "platform", offline.message],
    ["incident.resolved", operator, "platform", ""],
  ]);
});

test.each([
  [false, ["platform:offline"]],
  [true, ["chk_0", "chk_1", "chk_2", "chk_3", "chk_4"]],
])("when many checks fall together core is asked, and with a network that is there (%p) these are told: %p", async (online, expected) => {
  await using at = await start();
  at.said.network = { known: true, online };
  at.said.items = [{ ...offline, failing: !online, sinceMs: at.role.clock.now() }];
  const runsOf = (minute: number) =>
    [0, 1, 2, 3, 4].map((n) => {
      const run = runResult({ minute, checkId: `chk_${n}`, tenantId: operator, sequence: minute * 10 + n + 1 });
      run.check!.target = { url: `https://shop.example${n}/` };
      return run;
    });
  await at.role.take(...runsOf(0));
  await at.looks(2);
  await at.role.take(...runsOf(1));
  await at.looks(1);
  expect(at.role.events.map(({ incident }) => incident!.checkId).sort()).toEqual(expected);
});

test("the same report again changes nothing but the count, and people acknowledge it like any other", async () => {
  await using at = await start();
  for (let i = 0; i < 5; i++) await at.role.api.reportPlatformCondition({ ...offline, key: "dead_messages", failing: true, sinceMs: 0 } as never, systemCall("notification"));
  const [incident] = await at.list();
  expect(at.role.events).toHaveLength(1);
  const { state, timeline } = await at.role.api.acknowledgeIncident({ id: incident!.id!, comment: "on it" } as never, call);
  expect([state, timeline!.map(({ type }) => type)]).toEqual(["acknowledged", ["opened", "acknowledged"]]);
});

test("late checks are told when three looks in a row say so, as a warning", async () => {
  await using at = await start();
  at.said.items = [{ key: "late", title: "checks start late", failing: true, message: "late", severity: "warning", sinceMs: 0 }];
  await at.looks(2);
  expect(await at.list()).toEqual([]);
  await at.looks(1);
  expect(await at.list()).toMatchObject([{ checkId: "platform:late", severity: "warning" }]);
});

test("a core that does not answer twice is told, since no check is run then", async () => {
  await using at = await start();
  at.said.away = true;
  await at.looks(1);
  expect(await at.list()).toEqual([]);
  await at.looks(1);
  expect(await at.list()).toMatchObject([{ checkId: "platform:stalled", causes: [{ message: "no check is run: core does not answer: core is away" }] }]);
});

test("that no result comes is told after twice the shortest period and a minute, and ends a minute after one has come", async () => {
  await using at = await start({ pulse: () => ({ shortestPeriodMs: 30_000, activeSinceMs: 0 }) });
  await at.looks(4);
  await at.role.take(runResult({ minute: 1, status: "up" }));
  await at.looks(9);
  expect(await at.list()).toEqual([]);
  await at.looks(1);
  expect(await at.list()).toMatchObject([{ checkId: "platform:stalled", causes: [{ message: expect.stringMatching(/^no check is run: no result for 2m(15|30)s, although a check is to run every 30s$/) as string }] }]);
  for (let i = 0; i < 4; i++) {
    await at.role.take(runResult({ minute: 4 + i, status: "up" }));
    await at.looks(1);
  }
  expect(await at.list()).toMatchObject([{ checkId: "platform:stalled", state: "resolved" }]);
});

test("a schedule that holds since a moment ago is not late", async () => {
  let now = () => 0;
  await using at = await start({ pulse: () => ({ shortestPeriodMs: 30_000, activeSinceMs: now() - 60_000 }) });
  now = () => at.role.clock.now();
  await at.looks(12);
  expect(await at.list()).toEqual([]);
});

test("nobody is told before there is anybody", async () => {
  await using at = await start({ operatorTenantId: "" });
  at.said.items = [{ ...offline, failing: true, sinceMs: 0 }];
  await at.looks(2);
  expect(at.role.events).toEqual([]);
});

test("only roles report, and only what has a name", async () => {
  await using at = await start();
  await expect((async () => at.role.api.reportPlatformCondition({ ...offline, failing: true } as never, call))()).rejects.toMatchObject({ code: "forbidden" });
  await expect((async () => at.role.api.reportPlatformCondition({ ...offline, key: "a/b" } as never, systemCall("x")))()).rejects.toMatchObject({ code: "invalid_argument" });
});
