import { expect, test } from "bun:test";
import { systemCall } from "#kernel/call";
import { latencyFor, type LatencyAsked } from "./latency_range.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const nowMs = Date.UTC(2026, 0, 31, 12, 30);
const call = systemCall("test", "ten_1");
const rollup = (bucketMs: number) => ({ bucketMs, up: 1, degraded: 0, down: 0, unknown: 0, missed: 0, latencySumMs: 20, latencyMinMs: 20, latencyMaxMs: 20, histogram: [88, 1] });

/** Core with rollups that begin so long ago in each tier. */
function coreWith(begins: Partial<Record<string, number>>) {
  const steps: Record<string, number> = { minute, hour, day };
  const asked: { tier: string; fromMs: number; toMs: number }[] = [];
  const phasesAsked: { fromMs: number; stepMs: number }[] = [];
  const core = {
    getRollups: (request: { tier: string; fromMs: number; toMs: number }) => {
      asked.push(request);
      const step = steps[request.tier]!;
      const items = [];
      for (let at = Math.ceil(Math.max(request.fromMs, begins[request.tier] ?? Infinity) / step) * step; at < request.toMs; at += step) items.push(rollup(at));
      return Promise.resolve({ items, stepMs: step });
    },
    getPhases: (request: { fromMs: number; toMs: number; stepMs: number }) => {
      phasesAsked.push(request);
      const atMs = Math.floor(nowMs / request.stepMs) * request.stepMs;
      return Promise.resolve({ items: [{ atMs, count: 2, dnsMs: 1, connectMs: 4, tlsMs: 0, firstByteMs: 30, transferMs: 2 }], fromMs: atMs });
    },
  };
  return { core: core as unknown as Parameters<typeof latencyFor>[0]["core"], asked, phasesAsked };
}

const wish = (more: Partial<LatencyAsked> = {}): LatencyAsked => ({ checkId: "chk_1", window: "24h", points: 100, location: "", fromMs: 0, toMs: 0, phases: false, ...more });

test("an hour of today comes from minutes, and the answer says what was looked at", async () => {
  const { core, asked } = coreWith({ minute: 0, hour: 0, day: 0 });
  const latency = await latencyFor({ core, nowMs }, wish({ window: "1h" }), call);
  expect(asked.map(({ tier }) => tier)).toEqual(["minute"]);
  expect(latency).toMatchObject({ window: "1h", fromMs: nowMs - hour, toMs: nowMs, stepMs: minute });
  expect(latency.points).toHaveLength(61);
});

test("an hour whose minutes are gone comes from hours, also when some of the minutes are still there", async () => {
  const month = { fromMs: nowMs - 20 * day, toMs: nowMs - 19 * day };
  for (const begins of [{ hour: 0 }, { minute: nowMs - 19.5 * day, hour: 0 }]) {
    const { core } = coreWith(begins);
    expect((await latencyFor({ core, nowMs }, wish(month), call)).stepMs).toBe(hour);
  }
});

test("a young check is drawn from its minutes, though its first hour begins earlier", async () => {
  const { core } = coreWith({ minute: nowMs - 90 * minute, hour: nowMs - 2 * hour });
  expect((await latencyFor({ core, nowMs }, wish(), call)).stepMs).toBe(minute);
});

test.each([[7, "hour"], [40, "hour"], [60, "day"], [365, "day"]] as const)("%p days between two instants come from each %s", async (days, tier) => {
  const { core, asked } = coreWith({ minute: 0, hour: 0, day: 0 });
  const latency = await latencyFor({ core, nowMs }, wish({ fromMs: nowMs - days * day }), call);
  expect([asked.map((one) => one.tier), latency.window]).toEqual([[tier], ""]);
});

test("phases are means of what the results of a step had, and are not asked of a week", async () => {
  const { core, phasesAsked } = coreWith({ minute: 0, hour: 0 });
  const { points = [], phasesFromMs } = await latencyFor({ core, nowMs }, wish({ window: "6h", phases: true }), call);
  expect(points.at(-1)!.phases).toMatchObject({ dnsMs: 0.5, connectMs: 2, tlsMs: 0, firstByteMs: 15, transferMs: 1 });
  expect([points[0]!.phases, phasesFromMs]).toEqual([undefined, nowMs]);
  await latencyFor({ core, nowMs }, wish({ window: "7d", phases: true }), call);
  expect(phasesAsked).toHaveLength(1);
});

test("an end before its beginning, and a window that there is not, are refused", async () => {
  const { core } = coreWith({});
  await expect(latencyFor({ core, nowMs }, wish({ fromMs: nowMs, toMs: nowMs - 1 }), call)).rejects.toThrow("must lie before the end");
  await expect(latencyFor({ core, nowMs }, wish({ fromMs: nowMs + hour }), call)).rejects.toThrow("must lie before the end");
  await expect(latencyFor({ core, nowMs }, wish({ window: "2h" }), call)).rejects.toThrow('no such window "2h"');
});
