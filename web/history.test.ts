import { describe, expect, test } from "bun:test";
import { historyRows, withNewest } from "./history.ts";
import type { History, Result } from "./types.ts";

function result(id: string, at: string): Result {
  return { id, checkId: "chk_1", location: "default", scheduledAt: at, startedAt: at, finishedAt: at, status: "up", latencyMs: 1, attempts: 1 };
}

const history: History = {
  items: [result("run_3", "2026-01-01T00:10:00Z"), result("run_1", "2026-01-01T00:01:00Z")],
  nextCursor: null,
  missed: [{ firstSlotAt: "2026-01-01T00:02:00Z", lastSlotAt: "2026-01-01T00:09:00Z", count: 8, reason: "process_down", location: "default" }],
};

describe("history", () => {
  test("what was missed stands between the results around it", () => {
    expect(historyRows(history).map((row) => row.kind)).toEqual(["result", "missed", "result"]);
  });

  test("a new result stands on top once, and the page keeps its length", () => {
    const newer = withNewest(history, result("run_4", "2026-01-01T00:11:00Z"), 2);
    expect(newer.items.map((one) => one.id)).toEqual(["run_4", "run_3"]);
    expect(withNewest(newer, result("run_4", "2026-01-01T00:11:00Z"), 2)).toBe(newer);
  });
});
