/** Months of results, written by the product's own store code at the times they would have come. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { systemClock, type Clock } from "#kernel/clock";
import type { ResultStore, StoredResult } from "#ports/results";
import { withStore, type Store } from "./store.ts";

export interface WrittenHistory {
  perSecond: number;
  longestAppendMs: number;
  longestStepMs: number;
  /** Per result of the last day, one a minute and check: what its sealed blocks take. */
  sealedBytes: number;
  sealedBytesWithRollups: number;
}

const minute = 60_000;
const hour = 3_600_000;
const day = 86_400_000;
/** Enough for what one append adds. The product makes ten a second. */
const stepsAnAppend = 6;
const stepsToSettle = 500;

/** One result an hour of each check, and one a minute on the last day. */
export async function fillHistory(dataDir: string, days: number): Promise<WrittenHistory> {
  const now = Date.now();
  const fullDays = await append(dataDir, { fromMs: now - days * day, toMs: now - day, everyMs: hour });
  const before = tablesOf(dataDir);
  const lastDay = await append(dataDir, { fromMs: now - day, toMs: now, everyMs: minute });
  const grown = [...tablesOf(dataDir)].map(([name, bytes]) => ({ name, bytes: (bytes - (before.get(name) ?? 0)) / lastDay.results }));
  const all = [fullDays, lastDay];
  return {
    perSecond: all.reduce((sum, { results }) => sum + results, 0) / all.reduce((sum, { seconds }) => sum + seconds, 0),
    longestAppendMs: Math.max(...all.map(({ longestAppendMs }) => longestAppendMs)),
    longestStepMs: Math.max(...all.map(({ longestStepMs }) => longestStepMs)),
    sealedBytes: grown.find(({ name }) => name === "result_blocks")?.bytes ?? Number.NaN,
    sealedBytesWithRollups: grown.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

interface Stretch {
  fromMs: number;
  toMs: number;
  everyMs: number;
}

async function append(dataDir: string, { fromMs, toMs, everyMs }: Stretch) {
  let nowMs = fromMs;
  const clock: Clock = { ...systemClock, now: () => nowMs };
  const figures = { results: 0, seconds: 0, longestAppendMs: 0, longestStepMs: 0 };
  const started = performance.now();
  await withStore(
    dataDir,
    async (store) => {
      const { results } = store;
      const checks = await checksOf(store);
      await results.open();
      const step = async () => {
        figures.longestStepMs = Math.max(figures.longestStepMs, await timed(() => results.maintain(nowMs)));
      };
      for (; nowMs < toMs; nowMs += everyMs) {
        const batch = checks.map((check, i) => resultOf(check, nowMs, i));
        figures.longestAppendMs = Math.max(figures.longestAppendMs, await timed(() => results.append(batch, [])));
        results.markRelayed(batch.at(-1)!.sequence);
        figures.results += batch.length;
        for (let i = 0; i < stepsAnAppend; i++) await step();
      }
      await settle(results, nowMs, step);
    },
    clock,
  );
  figures.seconds = (performance.now() - started) / 1_000;
  return figures;
}

/** Everything sealed: two hours later no log is young enough to be kept open. */
async function settle(results: ResultStore, nowMs: number, step: () => Promise<void>): Promise<void> {
  await results.maintain(nowMs + 2 * hour);
  for (let i = 0; i < stepsToSettle; i++) await step();
  await results.flush();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function checksOf({ checks }: Store): Promise<Check[]> {
  const all: Check[] = [];
  for await (const batch of checks.all()) all.push(...batch);
  return all;
}

/** As a healthy site looks: times that vary, a failure now and then. */
function resultOf(check: Check, nowMs: number, index: number): StoredResult {
  const wobble = Math.abs(Math.sin(nowMs * 0.000_7 + index));
  const slotMs = nowMs + ((index * 37) % 1_000);
  const micros = (ms: number) => Math.round(ms * 1_000) / 1_000;
  return {
    sequence: 0,
    tenantId: check.tenantId,
    checkId: check.id,
    checkNo: 0,
    slotMs,
    startedAtMs: slotMs + 1,
    status: "up",
    trigger: "schedule",
    latencyMs: micros(20 + 15 * wobble + 5 * Math.random()),
    dnsMs: Number.NaN,
    connectMs: micros(0.2 + wobble + 0.1 * Math.random()),
    tlsMs: Number.NaN,
    firstByteMs: micros(18 + 12 * wobble + 5 * Math.random()),
    transferMs: micros(0.1 + 0.1 * Math.random()),
    lagMs: 1 + Math.round(3 * Math.random()),
    code: 200,
    bodyBytes: 11,
    attempts: 1,
    probeLagMs: 0,
    lostSyns: 0,
    detail: undefined,
  };
}

/** The counts by day of every check, as bars are drawn from them, several times over; milliseconds each. */
export function readBars(dataDir: string, days: number): Promise<number[]> {
  return withStore(dataDir, async (store) => {
    const checks = await checksOf(store);
    await store.results.open();
    const times: number[] = [];
    for (let round = 0; round < 7; round++) {
      const started = performance.now();
      await store.results.runCounts({ tenantId: checks[0]!.tenantId, checkIds: checks.map(({ id }) => id), tier: "day", fromMs: Date.now() - days * day, toMs: Date.now() });
      times.push(performance.now() - started);
    }
    return times;
  });
}

/** Bytes of each table and index, whole pages. */
function tablesOf(dataDir: string): Map<string, number> {
  using db = new Database(join(dataDir, "uptimeping.db"), { readonly: true });
  return new Map((db.query("SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name").all() as { name: string; bytes: number }[]).map(({ name, bytes }) => [name, bytes]));
}

export function usedBytes(dataDir: string): number {
  return [...tablesOf(dataDir).values()].reduce((sum, bytes) => sum + bytes, 0);
}
