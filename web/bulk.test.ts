import { describe, expect, test } from "bun:test";
import { changedCheck, undoOf } from "./bulk.ts";
import { statusOfOverview, type ListedCheck } from "./checks_store.ts";
import { withResult } from "./statuses.ts";
import type { Result } from "./types.ts";

function check(id: string, more: Partial<ListedCheck> = {}): ListedCheck {
  return { id, version: 1, name: id, type: "http", enabled: true, target: {}, tags: {}, locations: ["default"], channels: [], ...more };
}

describe("the way back from a change of many checks", () => {
  test("of a pause is to resume those that were paused by it", () => {
    expect(undoOf([check("a"), check("b")], { action: "pause" })).toEqual([{ ids: ["a", "b"], change: { action: "resume" } }]);
  });

  test("of tags takes each to what it had, those that were alike together", () => {
    const before = [check("a", { tags: { env: "prod" } }), check("b"), check("c", { tags: { env: "prod", x: "y" } })];
    expect(undoOf(before, { action: "tags", tags: { env: "test" } })).toEqual([
      { ids: ["a", "c"], change: { action: "tags", tags: { env: "prod" } } },
      { ids: ["b"], change: { action: "tags", tags: { env: null } } },
    ]);
  });

  test("of channels is to have the old ones, of a deletion there is none", () => {
    expect(undoOf([check("a", { channels: ["chn_1"] })], { action: "channels", channels: [] })).toEqual([{ ids: ["a"], change: { action: "channels", channels: ["chn_1"] } }]);
    expect(undoOf([check("a")], { action: "delete" })).toEqual([]);
  });
});

test("a change is shown as the server will have made it", () => {
  expect(changedCheck(check("a", { tags: { env: "prod", team: "x" } }), { action: "tags", tags: { env: null, tier: "1" } }).tags).toEqual({ team: "x", tier: "1" });
  expect(changedCheck(check("a"), { action: "pause" }).enabled).toBe(false);
  expect(changedCheck(check("a"), { action: "channels", channels: ["chn_1"] }).channels).toEqual(["chn_1"]);
});

describe("a check of the overview", () => {
  const at = "2026-01-01T00:02:00.000Z";
  const status = statusOfOverview({ ...check("a"), locations: undefined, channels: undefined, state: "down", since: at, strip: "uud", latencies: "z0-", slowestMs: 70, lastAt: at, lastMs: 12.3, error: "no answer", uptime24h: 0.5 } as never);

  test("has its latencies as numbers again, and its last result as far as a row shows it", () => {
    expect(status).toMatchObject({ checkId: "a", state: "down", strip: "uud", stripLatencyMs: [70, 0, null], uptime24h: 0.5 });
    expect(status.lastResult).toMatchObject({ location: "default", status: "down", latencyMs: 12.3, error: { message: "no answer" } });
  });

  test("does not take the same result twice when the stream tells it again", () => {
    const result: Result = { id: "run_1", checkId: "a", location: "default", scheduledAt: at, startedAt: "2026-01-01T00:02:00.004Z", finishedAt: at, status: "down", latencyMs: 12.3, attempts: 1 };
    expect(withResult(status, result)).toBe(status);
    expect(withResult(status, { ...result, id: "run_2", scheduledAt: "2026-01-01T00:03:00.000Z", startedAt: "2026-01-01T00:03:00.001Z" }).strip).toBe("uudd");
  });
});
