import { describe, expect, test } from "bun:test";
import { stripLength, unseen, withResult, withState } from "./statuses.ts";
import type { Result, ResultStatus } from "./types.ts";

function result(id: string, minute: number, status: ResultStatus = "up"): Result {
  const at = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  return { id, checkId: "chk_1", location: "default", scheduledAt: at, startedAt: at, finishedAt: at, status, latencyMs: minute, attempts: 1 };
}

describe("a live state", () => {
  test("a result goes to the end of the strip", () => {
    const status = withResult(withResult(unseen("chk_1"), result("run_1", 1)), result("run_2", 2, "down"));
    expect(status).toMatchObject({ strip: "ud", stripLatencyMs: [1, 2], lastResult: { id: "run_2" } });
  });

  test("a result that comes twice, or late, changes nothing", () => {
    const status = withResult(unseen("chk_1"), result("run_2", 2));
    expect(withResult(status, result("run_2", 2))).toBe(status);
    expect(withResult(status, result("run_1", 1))).toBe(status);
  });

  test("of a check at several locations the strip is of one of them, and of home as soon as that is heard of", () => {
    const at = (location: string, id: string, minute: number) => ({ ...result(id, minute), location });
    const away = withResult(withResult(unseen("chk_1"), at("eu-1", "run_1", 1)), at("eu-1", "run_2", 2));
    expect(withResult(away, at("us-1", "run_3", 3))).toBe(away);
    const home = withResult(away, at("default", "run_4", 2));
    expect([home.strip, home.lastResult!.id]).toEqual(["u", "run_4"]);
    expect(withResult(home, at("eu-1", "run_5", 5))).toBe(home);
  });

  test("a strip never grows beyond its length", () => {
    let status = unseen("chk_1");
    for (let minute = 0; minute < 100; minute++) status = withResult(status, result(`run_${minute}`, minute));
    expect(status.strip).toHaveLength(stripLength);
    expect(status.stripLatencyMs.at(0)).toBe(40);
  });

  test("a state keeps its beginning while it lasts", () => {
    const down = withState(unseen("chk_1"), "down", "2026-01-01T00:00:00Z");
    expect(withState(down, "down", "2026-01-01T00:01:00Z").since).toBe("2026-01-01T00:00:00Z");
    expect(withState(down, "up", "2026-01-01T00:01:00Z")).toMatchObject({ state: "up", since: "2026-01-01T00:01:00Z" });
  });
});
