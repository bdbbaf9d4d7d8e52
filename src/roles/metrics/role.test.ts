import { describe, expect, test } from "bun:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { ConfigService, type CheckChangeSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { CoreService, RollupSchema, type CheckStatusSchema, type CountRunsRequest, type GetRollupsRequest, type RunCountsSchema } from "#contracts/uptimeping/core/v1/core_pb";
import { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { MetricsService, type GetExpositionResponse, type Latency, type Uptime } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { systemCall, type Call } from "#kernel/call";
import { bucketCount, addTo, encodePairs } from "#kernel/latency_histogram";
import { createIds } from "#kernel/ids";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import type { Api, Contract } from "#kernel/rpc/contract";
import { localClient } from "#kernel/rpc/local";
import { createTelemetry } from "#kernel/telemetry";
import { createFakeClock } from "../../testing/fake_clock.ts";
import role from "./role.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const startMs = Date.UTC(2026, 0, 31, 12, 30);

type RollupWish = MessageInitShape<typeof RollupSchema>;
type Status = MessageInitShape<typeof CheckStatusSchema>;
interface World {
  rollups?: Partial<Record<string, RollupWish[]>>;
  /** Of the rollups. */
  stepMs?: number;
  runs?: MessageInitShape<typeof RunCountsSchema>[];
  checks?: MessageInitShape<typeof CheckChangeSchema>["change"][];
  /** Tenant → statuses. */
  statuses?: Record<string, Status[]>;
  perCheckLimit?: number;
}

const viewer: Call = { ...systemCall("test", "ten_1"), actor: { type: "user", id: "usr_1", role: "viewer", ip: "" } };

/** The role with neighbours that answer from a table. */
async function start(world: World = {}) {
  const clock = createFakeClock(startMs);
  const asked: GetRollupsRequest[] = [];
  const counted: CountRunsRequest[] = [];
  const scrapes: string[] = [];
  const near = <C extends Contract>(contract: C, api: unknown) => localClient(contract, withEveryMethod(contract, api) as Api<C>, clock, silentLog);
  const summaryFor = (checkIds: string[], call: Call) => {
    scrapes.push(call.tenantId);
    const own = Object.entries(world.statuses ?? {}).flatMap(([tenant, statuses]) => (call.tenantId === "" || tenant === call.tenantId ? statuses : []));
    const counts = Object.fromEntries(Map.groupBy(own, ({ state }) => state!).entries().map(([state, of]) => [state, of.length]));
    const items = own.filter(({ checkId }) => checkIds.includes(checkId!)).map(({ checkId, state, lastResult }) => ({ checkId, state, latencyMs: lastResult?.latencyMs }));
    return { counts, items };
  };
  const core = near(CoreService, {
    getRollups: async (request: GetRollupsRequest) => {
      asked.push(request);
      const items = world.rollups?.[request.tier] ?? [];
      return { items: items.filter(({ bucketMs = 0 }) => bucketMs >= request.fromMs && bucketMs < request.toMs), stepMs: world.stepMs ?? hourMs };
    },
    countRuns: async (request: CountRunsRequest) => {
      counted.push(request);
      return { items: world.runs ?? [], nextCursor: world.runs?.at(-1)?.checkId ?? "" };
    },
    summariseStates: async ({ checkIds }: { checkIds: string[] }, call: Call) => summaryFor(checkIds, call),
  });
  const config = near(ConfigService, {
    async *watchChecks(_request: object, call: Call) {
      for (const change of world.checks ?? []) yield { change };
      yield { change: { case: "synced", value: true } };
      await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
    },
  });
  const incident = near(IncidentService, {
    getOverlay: async () => ({ spans: [], selections: [] }),
    countOpenIncidents: async (_request: object, call: Call) => (call.tenantId === "" ? { critical: 2, warning: 1 } : { critical: 1, warning: 0 }),
  });
  const releases = createReleases(silentLog);
  const settings = { metricsPerCheckLimit: world.perCheckLimit ?? 1000 };
  const context = { settings, needs: { core, config, incident }, ports: {}, clock, ids: createIds(() => clock.now()), log: silentLog, telemetry: createTelemetry(), releases };
  const started = await role.start(context as never);
  const notReadyYet = started.ready!();
  await started.begin!();
  await clock.advance(0);
  const client = localClient(MetricsService, started.api as Api<typeof MetricsService>, clock, silentLog);
  return { client, clock, asked, counted, scrapes, notReadyYet, ready: started.ready!, [Symbol.asyncDispose]: () => releases.releaseAll() };
}

function withEveryMethod(contract: Contract, api: unknown): unknown {
  const absent = Object.fromEntries(contract.methods.map((method) => [method.localName, () => Promise.reject(new Error("not part of this test"))]));
  return { ...absent, ...(api as object) };
}

function histogramOf(...latencies: number[]): number[] {
  const counts = new Uint32Array(bucketCount);
  for (const latency of latencies) addTo(counts, latency);
  return encodePairs(counts);
}

function latencies(bucketMs: number, ...values: number[]): RollupWish {
  const sum = values.reduce((total, value) => total + value, 0);
  return { bucketMs, up: values.length, latencySumMs: sum, latencyMinMs: Math.min(...values), latencyMaxMs: Math.max(...values), histogram: histogramOf(...values) };
}

const lastHourMs = Math.floor(startMs / hourMs) * hourMs;
const today = Math.floor(startMs / dayMs) * dayMs;
const saved = (id: string, tenantId = "ten_1", name = id) => ({ case: "saved", value: { id, tenantId, name, type: "http" } }) as const;

test("of one location, core is asked for that one alone, and of none for all", async () => {
  await using at = await start();
  for (const location of ["eu-1", ""]) {
    await at.client.getUptime({ checkId: "chk_1", window: "24h", location }, viewer);
    await at.client.getLatency({ checkId: "chk_1", window: "7d", location }, viewer);
  }
  expect(at.asked.map(({ location }) => location)).toEqual(["eu-1", "eu-1", "", ""]);
});

describe("uptime", () => {
  const uptime = (at: Awaited<ReturnType<typeof start>>, window: string): Promise<Uptime> => at.client.getUptime({ checkId: "chk_1", window }, viewer);

  test("counts degraded as up, leaves out what was not observed, and says how much was", async () => {
    await using at = await start({ rollups: { hour: [{ bucketMs: lastHourMs, up: 50, degraded: 10, down: 20, unknown: 10, missed: 10 }] } });
    expect(await uptime(at, "24h")).toMatchObject({ ratio: 0.75, coverage: 0.8, up: 50, degraded: 10, down: 20, unknown: 10, missed: 10 });
  });

  test("without data there is no ratio: never 100 %", async () => {
    await using at = await start({ rollups: { hour: [{ bucketMs: lastHourMs, unknown: 5 }] } });
    const answer = await uptime(at, "24h");
    expect([answer.ratio, answer.coverage]).toEqual([undefined, 0]);
    const never = await uptime(at, "7d");
    expect([never.ratio, never.coverage]).toEqual([undefined, undefined]);
  });

  test.each([["24h", "hour", 24], ["7d", "day", 7], ["30d", "day", 30], ["90d", "day", 90], ["365d", "day", 365]] as const)("%s has a bucket for every %s: %p", async (window, tier, count) => {
    const stepMs = tier === "hour" ? hourMs : dayMs;
    const newestMs = Math.floor(startMs / stepMs) * stepMs;
    await using at = await start({ rollups: { [tier]: [{ bucketMs: newestMs, up: 3, degraded: 1, down: 4 }, { bucketMs: newestMs - count * stepMs, down: 9 }] } });
    const { buckets, down, fromMs, toMs } = await uptime(at, window);
    expect(buckets).toHaveLength(count);
    expect(buckets.at(-1)).toMatchObject({ fromMs: newestMs, ratio: 0.5, up: 4, down: 4 });
    expect(buckets[0]!.ratio).toBeUndefined();
    expect([down, fromMs, toMs]).toEqual([4, newestMs - (count - 1) * stepMs, startMs]);
  });

  test("adds up what several locations saw in the same hour", async () => {
    await using at = await start({ rollups: { hour: [{ bucketMs: lastHourMs, up: 1 }, { bucketMs: lastHourMs, down: 1 }] } });
    expect((await uptime(at, "24h")).buckets.at(-1)).toMatchObject({ ratio: 0.5, up: 1, down: 1 });
  });

  test("of an unknown window is refused", async () => {
    await using at = await start();
    await expect(uptime(at, "2d")).rejects.toThrow('no such window "2d": one of 24h, 7d, 30d, 90d, 365d');
  });
});

describe("uptimes of many checks", () => {
  const list = (at: Awaited<ReturnType<typeof start>>, window: string, fields = {}) => at.client.listUptimes({ window, ...fields }, viewer);

  test("are each what the uptime of that check alone is", async () => {
    const zeros = (count: number) => Array<number>(count).fill(0);
    const counts = { checkId: "chk_1", up: [...zeros(6), 3], degraded: [...zeros(6), 1], down: [2, ...zeros(5), 4], unknown: [...zeros(6), 5], missed: [1, ...zeros(6)] };
    const rollups = counts.up.map((up, i) => ({ bucketMs: today - (6 - i) * dayMs, up, degraded: counts.degraded[i]!, down: counts.down[i]!, unknown: counts.unknown[i]!, missed: counts.missed[i]! }));
    await using at = await start({ rollups: { day: rollups }, runs: [counts, { checkId: "chk_2" }] });
    const { items, fromMs, nextCursor } = await list(at, "7d", { checkIds: ["chk_1", "chk_2"], limit: 2, cursor: "chk_0" });
    const { buckets, ...alone } = await at.client.getUptime({ checkId: "chk_1", window: "7d" }, viewer);
    expect(items[0]!.total).toEqual({ ...alone, buckets: [] });
    expect([items[0]!.up, items[0]!.down, items[0]!.unknown, items[0]!.missed]).toEqual([buckets.map(({ up }) => up), buckets.map(({ down }) => down), buckets.map(({ unknown }) => unknown), buckets.map(({ missed }) => missed)]);
    expect(fromMs).toEqual(buckets.map((bucket) => bucket.fromMs));
    expect([items[1]!.total!.ratio, items[1]!.up, nextCursor]).toEqual([undefined, [], "chk_2"]);
    expect(at.counted).toMatchObject([{ checkIds: ["chk_1", "chk_2"], tier: "day", fromMs: today - 6 * dayMs, toMs: startMs + 1, limit: 2, cursor: "chk_0" }]);
  });

  test("of a day are by the hour, and an unknown window is refused", async () => {
    await using at = await start({ runs: [] });
    expect([(await list(at, "24h")).fromMs.length, at.counted[0]!.tier]).toEqual([24, "hour"]);
    await expect(list(at, "1d")).rejects.toThrow('no such window "1d"');
  });
});

describe("latency", () => {
  const latency = (at: Awaited<ReturnType<typeof start>>, window: string, points = 0): Promise<Latency> => at.client.getLatency({ checkId: "chk_1", window, points }, viewer);

  test("the quantiles of a point are those of all its runs, and never beyond what was measured", async () => {
    const minuteMs = startMs - 10 * 60_000;
    const at0 = Math.floor(minuteMs / (15 * 60_000)) * 15 * 60_000;
    await using at = await start({ stepMs: 15 * 60_000, rollups: { minute: [latencies(at0, ...Array<number>(99).fill(10)), latencies(at0, 500), { bucketMs: at0, down: 2 }] } });
    const { points, p50Ms, p99Ms } = await latency(at, "24h");
    expect(points).toHaveLength(1);
    expect(points[0]).toMatchObject({ atMs: at0, count: 100, avgMs: 14.9, maxMs: 500, down: 2 });
    expect(points[0]!.p50Ms).toBeGreaterThanOrEqual(10);
    expect(points[0]!.p50Ms).toBeLessThan(10.5);
    expect([p50Ms, p99Ms]).toEqual([points[0]!.p50Ms, points[0]!.p99Ms]);
  });

  test("one run is its own p99", async () => {
    await using at = await start({ rollups: { hour: [latencies(lastHourMs, 123.4)] } });
    expect((await latency(at, "7d")).p99Ms).toBe(123.4);
  });

  test.each([["24h", ["minute", "hour"]], ["7d", ["hour"]], ["30d", ["hour"]], ["90d", ["day"]], ["365d", ["day"]]] as const)("%s asks for %p", async (window, tiers) => {
    await using at = await start();
    const answer = await latency(at, window);
    expect(at.asked.map((request) => request.tier)).toEqual([...tiers]);
    expect([answer.points, answer.p50Ms]).toEqual([[], undefined]);
  });

  test("a day whose minutes are gone is drawn from its hours", async () => {
    await using at = await start({ rollups: { hour: [latencies(lastHourMs, 5)] } });
    expect((await latency(at, "24h")).points).toMatchObject([{ atMs: lastHourMs, count: 1 }]);
  });

  test("a point is as long as core says that it is, of as many as were asked for", async () => {
    await using at = await start({ stepMs: 7 * dayMs, rollups: { day: [latencies(today, 5), latencies(today - 100 * dayMs, 5, 6)] } });
    const { points } = await latency(at, "365d", 60);
    expect(points.map(({ count }) => count)).toEqual([2, 1]);
    for (const { atMs } of points) expect(atMs % (7 * dayMs)).toBe(0);
    expect(at.asked[0]!.points).toBe(60);
  });

  test("too few and too many points are refused", async () => {
    await using at = await start();
    await expect(latency(at, "24h", 9)).rejects.toThrow("9 points are not possible: from 10 to 1000");
    await expect(latency(at, "24h", 1001)).rejects.toThrow("1001 points are not possible: from 10 to 1000");
  });
});

describe("the Prometheus text", () => {
  const scrape = async (at: Awaited<ReturnType<typeof start>>, call: Call = systemCall("gateway")): Promise<string> =>
    ((await at.client.getExposition({}, call)) as GetExpositionResponse).text;

  const two: World = {
    checks: [saved("chk_1", "ten_1", 'Shop "A"\\\n'), saved("chk_2", "ten_2")],
    statuses: {
      ten_1: [{ checkId: "chk_1", state: "degraded", lastResult: { latencyMs: 250 } }],
      ten_2: [{ checkId: "chk_2", state: "down", lastResult: { latencyMs: 1 } }],
    },
  };

  test("tells of all tenants' checks and incidents, with label values escaped", async () => {
    await using at = await start(two);
    const lines = (await scrape(at)).split("\n");
    for (const line of [
      'uptimeping_checks{state="degraded"} 1',
      'uptimeping_checks{state="down"} 1',
      'uptimeping_checks{state="up"} 0',
      'uptimeping_incidents_open{severity="critical"} 2',
      'uptimeping_incidents_open{severity="warning"} 1',
      'uptimeping_check_up{check_id="chk_1",name="Shop \\"A\\"\\\\\\n",type="http"} 1',
      'uptimeping_check_latency_seconds{check_id="chk_1",name="Shop \\"A\\"\\\\\\n",type="http"} 0.25',
      'uptimeping_check_up{check_id="chk_2",name="chk_2",type="http"} 0',
      "uptimeping_checks_without_series 0",
    ]) {
      expect(lines).toContain(line);
    }
  });

  test("a person sees only the own tenant in it", async () => {
    await using at = await start(two);
    const text = await scrape(at, { ...viewer, tenantId: "ten_2" });
    expect(text).not.toContain("chk_1");
    expect(text).toContain('uptimeping_incidents_open{severity="critical"} 1');
    expect(new Set(at.scrapes)).toEqual(new Set(["ten_2"]));
  });

  test("checks beyond the limit are counted but have no series of their own, and the text says so", async () => {
    await using at = await start({ ...two, perCheckLimit: 1 });
    const text = await scrape(at);
    expect(text).toContain('uptimeping_checks{state="down"} 1');
    expect(text).toContain("uptimeping_checks_without_series 1");
    expect(text).not.toContain('check_id="chk_2"');
  });

  test("a check that was neither up nor down has no series that says so", async () => {
    await using at = await start({ checks: [saved("chk_1")], statuses: { ten_1: [{ checkId: "chk_1", state: "paused" }] } });
    const text = await scrape(at);
    expect(text).toContain('uptimeping_checks{state="paused"} 1');
    expect(text).not.toContain('check_id="chk_1"');
  });

  test("a check that core does not know is left out, and hides no other", async () => {
    await using at = await start({ ...two, checks: [...two.checks!, saved("chk_3"), { case: "deleted", value: "chk_2" }] });
    const text = await scrape(at);
    expect(text).toContain('check_id="chk_1"');
    expect(text).not.toMatch(/chk_[23]/);
  });

  test("is made once for those who ask at the same time, and anew a little later", async () => {
    await using at = await start(two);
    await Promise.all([scrape(at), scrape(at)]);
    expect(at.scrapes).toEqual([""]);
    await at.clock.advance(5_000);
    await scrape(at);
    expect(at.scrapes).toEqual(["", ""]);
  });

  test("the role is ready when it knows the checks", async () => {
    await using at = await start(two);
    expect([at.notReadyYet, at.ready()]).toEqual(["the checks are not known yet: waiting for config", ""]);
  });
});
