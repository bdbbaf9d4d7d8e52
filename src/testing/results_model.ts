/** Whatever comes in whatever order, and however often the process dies, history and counts are those of a plain list. */
import { expect } from "bun:test";
import fc from "fast-check";
import { resultStatuses, type MissedSlots, type ResultStatus, type ResultStore, type RollupTier, type StoredResult } from "#ports/results";
import type { FakeClock } from "./fake_clock.ts";

const minute = 60_000;
const day = 86_400_000;
export const modelStartMs = Date.UTC(2026, 0, 10, 23, 30);
const tenantId = "ten_1";
const checkIds = ["chk_1", "chk_2", "chk_3"];
const tierMs: Record<RollupTier, number> = { minute, hour: 60 * minute, day };

interface Run {
  check: number;
  /** Most come in order; some late, some days late, some after the clock was set back. */
  offset: number;
  status: ResultStatus;
  isManual: boolean;
  isMissedBefore: boolean;
}

const run: fc.Arbitrary<Run> = fc.record({
  check: fc.nat(checkIds.length - 1),
  offset: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.constantFrom(-2, -90, -3_000, 500)),
  status: fc.constantFrom(...resultStatuses),
  isManual: fc.boolean(),
  isMissedBefore: fc.nat(9).map((n) => n === 0),
});

type Act = { type: "append"; runs: Run[]; stepMs: number; isBusy: boolean } | { type: "maintain"; steps: number } | { type: "told" } | { type: "forget"; check: number } | { type: "crash" };

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("append" as const), runs: fc.array(run, { minLength: 1, maxLength: 12 }), stepMs: fc.constantFrom(7_000, minute, 5 * minute), isBusy: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("maintain" as const), steps: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.constant({ type: "told" as const }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("forget" as const), check: fc.nat(checkIds.length - 1) }) },
  { weight: 2, arbitrary: fc.constant({ type: "crash" as const }) },
);

class Model {
  results: StoredResult[] = [];
  missed: MissedSlots[] = [];
  forget(checkId: string): void {
    this.results = this.results.filter((one) => one.checkId !== checkId);
    this.missed = this.missed.filter((one) => one.checkId !== checkId);
  }
  history(checkId: string): StoredResult[] {
    return this.results.filter((one) => one.checkId === checkId).sort((a, b) => b.slotMs - a.slotMs || b.sequence - a.sequence);
  }
  counts(checkId: string, tier: RollupTier) {
    const buckets = new Map<number, Record<ResultStatus | "missed", number>>();
    const bucketOf = (slotMs: number) => {
      const bucketMs = Math.floor(slotMs / tierMs[tier]) * tierMs[tier];
      buckets.set(bucketMs, buckets.get(bucketMs) ?? { up: 0, degraded: 0, down: 0, unknown: 0, missed: 0 });
      return buckets.get(bucketMs)!;
    };
    for (const one of this.history(checkId)) bucketOf(one.slotMs)[one.status]++;
    for (const { firstSlotMs, count, checkId: of } of this.missed) if (of === checkId) for (let i = 0; i < count; i++) bucketOf(firstSlotMs + i * minute).missed++;
    return [...buckets].sort((a, b) => a[0] - b[0]).map(([bucketMs, counts]) => ({ bucketMs, ...counts }));
  }
}

/** A store whose process may die at any time. */
export interface MortalResults extends AsyncDisposable {
  readonly results: ResultStore;
  readonly fake: FakeClock;
  /** Dies, and another opens what is on disk. */
  crash(): Promise<void>;
  /** What somebody sees whose write shared the commit of whatever is asked for next, and who is told of it first. */
  seenAtCommit<T>(look: () => Promise<T>): Promise<T>;
}

function resultOf({ check, offset, status, isManual }: Run, nowMs: number, i: number): StoredResult {
  const slotMs = nowMs + offset * minute + i;
  const detail = status === "up" ? undefined : { error: { kind: "timeout", message: "late", hash: "h" }, observed: {}, assertions: [], attempts: [] };
  const times = { startedAtMs: slotMs + 1, latencyMs: 5 + i, dnsMs: Number.NaN, connectMs: 1, tlsMs: Number.NaN, firstByteMs: 2, transferMs: 1, lagMs: 1, probeLagMs: 0 };
  return { sequence: 0, tenantId, checkId: checkIds[check]!, checkNo: 0, slotMs, ...times, status, trigger: isManual ? "manual" : "schedule", code: 200, bodyBytes: 3, attempts: 1, lostSyns: 0, detail };
}

async function append(at: MortalResults, model: Model, { runs, stepMs, isBusy }: { runs: Run[]; stepMs: number; isBusy: boolean }): Promise<void> {
  // Housekeeping goes on at the same time.
  const asked: Promise<void>[] = isBusy ? [at.results.maintain(at.fake.now())] : [];
  for (const [i, one] of runs.entries()) {
    const result = resultOf(one, at.fake.now(), i);
    // The same slot is never stored twice, nor are two gaps that begin together.
    if (model.results.some(({ checkId, slotMs }) => checkId === result.checkId && slotMs === result.slotMs)) continue;
    const gap = { tenantId, checkId: result.checkId, firstSlotMs: result.slotMs - 200 * minute, lastSlotMs: result.slotMs - minute, count: 200, reason: "overload" };
    const missed = one.isMissedBefore ? [gap] : [];
    asked.push(at.results.append([result], missed));
    model.results.push(result);
    model.missed.push(...missed);
    at.fake.jump(stepMs);
  }
  await Promise.all(asked);
}

async function perform(at: MortalResults, model: Model, act: Act): Promise<void> {
  if (act.type === "append") await append(at, model, act);
  if (act.type === "told") at.results.markRelayed(Math.max(0, ...model.results.map(({ sequence }) => sequence)));
  if (act.type === "crash") await at.crash();
  if (act.type === "maintain") {
    for (let i = 0; i < act.steps; i++) {
      const seen = at.seenAtCommit(() => at.results.history({ tenantId, checkId: checkIds[0]!, limit: 1_000, beforeMs: Number.MAX_SAFE_INTEGER, fromMs: 0, status: undefined }));
      await at.results.maintain(at.fake.now());
      expect((await seen).map(briefly)).toEqual(model.history(checkIds[0]!).map(briefly));
    }
  }
  if (act.type === "forget") {
    await at.results.forget(tenantId, checkIds[act.check]!);
    model.forget(checkIds[act.check]!);
  }
}

const briefly = ({ sequence, slotMs, status, trigger, latencyMs, detail }: StoredResult) => ({ sequence, slotMs, status, trigger, latencyMs, detail });

async function compare(at: MortalResults, model: Model): Promise<void> {
  const far = modelStartMs + 6 * day;
  const range = { tenantId, fromMs: modelStartMs - 5 * day, toMs: far };
  for (const checkId of checkIds) {
    const expected = model.history(checkId);
    const query = { tenantId, checkId, fromMs: 0, beforeMs: far, status: undefined };
    expect((await at.results.history({ ...query, limit: 1_000 })).map(briefly)).toEqual(expected.map(briefly));
    const paged: StoredResult[] = [];
    for (let page = await at.results.history({ ...query, limit: 3 }); page.length > 0; page = await at.results.history({ ...query, limit: 3, beforeMs: paged.at(-1)!.slotMs })) paged.push(...page);
    expect(paged.map(briefly)).toEqual(expected.map(briefly));
    expect((await at.results.history({ ...query, limit: 4, status: "down" })).map(briefly)).toEqual(expected.filter(({ status }) => status === "down").slice(0, 4).map(briefly));
    for (const tier of ["minute", "hour", "day"] as const) {
      const rollups = await at.results.rollups(tenantId, checkId, tier, range.fromMs, range.toMs);
      expect(rollups.map(({ bucketMs, up, degraded, down, unknown, missed }) => ({ bucketMs, up, degraded, down, unknown, missed }))).toEqual(model.counts(checkId, tier));
      const latencies = expected.filter(({ status }) => status !== "unknown").reduce((sum, { latencyMs }) => sum + latencyMs, 0);
      expect(rollups.reduce((sum, { latencySumMs }) => sum + latencySumMs, 0)).toBeCloseTo(latencies, 6);
    }
  }
  for (const tier of ["hour", "day"] as const) {
    const firstMs = Math.floor(range.fromMs / tierMs[tier]) * tierMs[tier];
    const counts = await at.results.runCounts({ ...range, tier, checkIds: [...checkIds, "chk_unknown"] });
    for (const { checkId, ...columns } of counts) {
      const found = columns.up.flatMap((up, i) => {
        const bucket = { bucketMs: firstMs + i * tierMs[tier], up, degraded: columns.degraded[i]!, down: columns.down[i]!, unknown: columns.unknown[i]!, missed: columns.missed[i]! };
        return bucket.up + bucket.degraded + bucket.down + bucket.unknown + bucket.missed > 0 ? [bucket] : [];
      });
      expect(found).toEqual(model.counts(checkId, tier));
    }
    expect(new Set(counts.map(({ checkId }) => checkId))).toEqual(new Set([...model.results, ...model.missed].map(({ checkId }) => checkId)));
  }
}

/** `open` gives an empty store. */
export async function expectPlainList(open: () => Promise<MortalResults>, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 40 }), async (acts) => {
      await using at = await open();
      const model = new Model();
      const given = new Set<number>();
      for (const one of acts) {
        const before = model.results.length;
        await perform(at, model, one);
        if (one.type === "append") {
          for (const { sequence } of model.results.slice(before)) expect([sequence, given.has(sequence)]).toEqual([sequence, false]);
          for (const { sequence } of model.results) given.add(sequence);
        }
        if (one.type === "crash" || one.type === "maintain") await compare(at, model);
        // What was not told is told again.
        const untold = model.results.filter(({ sequence }) => sequence > at.results.relayed()).map(({ sequence }) => sequence);
        expect((await at.results.after(at.results.relayed(), 1_000)).map(({ sequence }) => sequence)).toEqual(untold);
      }
      await compare(at, model);
    }),
    { numRuns: Number(process.env["MODEL_RUNS"] ?? runs) },
  );
}
