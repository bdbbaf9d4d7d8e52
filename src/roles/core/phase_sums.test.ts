import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { GetPhasesRequestSchema } from "#contracts/uptimeping/core/v1/core_pb";
import type { HistoryQuery, StoredResult } from "#ports/results";
import { phasesOf } from "./phase_sums.ts";

const minute = 60_000;
const startMs = Date.UTC(2026, 0, 1);
const check = (...locations: string[]) => create(CheckSchema, { id: "chk_1", tenantId: "ten_1", locations });

function resultAt(slotMs: number, more: Partial<StoredResult> = {}): StoredResult {
  return { slotMs, status: "up", dnsMs: Number.NaN, connectMs: 2, tlsMs: 3, firstByteMs: 10, transferMs: 1, ...more } as StoredResult;
}

/** A store that has these, newest first, of every series. */
function storeOf(...results: StoredResult[]) {
  const asked: HistoryQuery[] = [];
  const history = (query: HistoryQuery) => {
    asked.push(query);
    return Promise.resolve(results.filter(({ slotMs }) => slotMs >= query.fromMs && slotMs < query.beforeMs).toSorted((a, b) => b.slotMs - a.slotMs).slice(0, query.limit));
  };
  return { core: { results: { history } } as unknown as Parameters<typeof phasesOf>[0], asked };
}

const asked = (more: object = {}) => create(GetPhasesRequestSchema, { checkId: "chk_1", fromMs: startMs, toMs: startMs + 10 * minute, stepMs: minute, ...more });

test("phases are added up step by step, and one that a run did not have took no time", async () => {
  const { core } = storeOf(resultAt(startMs), resultAt(startMs + 30_000, { dnsMs: 4 }), resultAt(startMs + 2 * minute));
  const { items, fromMs } = await phasesOf(core, check("default"), asked());
  expect(items).toEqual([
    { atMs: startMs, count: 2, dnsMs: 4, connectMs: 4, tlsMs: 6, firstByteMs: 20, transferMs: 2 },
    { atMs: startMs + 2 * minute, count: 1, dnsMs: 0, connectMs: 2, tlsMs: 3, firstByteMs: 10, transferMs: 1 },
  ]);
  expect(fromMs).toBe(startMs);
});

test("how long a failure took is no latency", async () => {
  const { core } = storeOf(resultAt(startMs, { status: "down" }), resultAt(startMs + 1, { status: "unknown" }), resultAt(startMs + 2, { status: "degraded" }));
  expect((await phasesOf(core, check("default"), asked())).items).toMatchObject([{ count: 1 }]);
});

test("only so many of the newest are read, of all locations together, and it says from when on they are whole", async () => {
  const many = Array.from({ length: 5_000 }, (_, index) => resultAt(startMs + index * 100));
  const { core, asked: queries } = storeOf(...many);
  const { fromMs, items } = await phasesOf(core, check("eu-1", "us-1"), asked());
  expect(queries.map(({ checkId, limit }) => [checkId, limit])).toEqual([["chk_1@eu-1", 1_500], ["chk_1@us-1", 1_500]]);
  expect(fromMs).toBe(startMs + 3_500 * 100);
  expect(items!.reduce((sum, { count }) => sum + count!, 0)).toBe(3_000);
});

test("of one location only that one is read, and a step of no length is refused", async () => {
  const { core, asked: queries } = storeOf();
  await phasesOf(core, check("eu-1", "us-1"), asked({ location: "us-1" }));
  expect(queries.map(({ checkId }) => checkId)).toEqual(["chk_1@us-1"]);
  await expect(phasesOf(core, check("default"), asked({ stepMs: 0 }))).rejects.toThrow("a step has a second at least");
});
