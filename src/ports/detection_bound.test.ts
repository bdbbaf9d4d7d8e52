import { describe, expect, test } from "bun:test";
import { detectionBound, type BoundedCheck } from "./detection_bound.ts";

const check: BoundedCheck = { timeoutMs: 10_000, retries: 1, retryDelayMs: 1_000, failureThreshold: 2, quorum: "majority" };

describe("the bound of a check", () => {
  test("is its runs, the longest of them, and the longest wait", () => {
    expect(detectionBound(check, { everyMs: 60_000 })).toEqual({ detectMs: 141_000, alwaysToldMs: 262_000, messageMs: 262_000, neverToldMs: 51_000 });
  });

  test("counts on runs as far apart as they can be when one takes longer than the period", () => {
    expect(detectionBound(check, { everyMs: 5_000 }).detectMs).toBe(3 * 21_000);
  });

  test("grows by what messages wait for each other", () => {
    expect(detectionBound(check, { everyMs: 60_000, groupWaitMs: 30_000 })).toMatchObject({ alwaysToldMs: 262_000, messageMs: 292_000 });
  });

  test("grows by the say of a silent location, unless any location is enough", () => {
    expect(detectionBound(check, { everyMs: 60_000, locations: 3 }).detectMs).toBe(141_000 + 150_000 + 60_000);
    expect(detectionBound({ ...check, quorum: "any" }, { everyMs: 60_000, locations: 3 }).detectMs).toBe(141_000);
  });

  test("with one failing run, anything that outlives the retries is told", () => {
    expect(detectionBound({ ...check, failureThreshold: 1, retries: 2 }, { everyMs: 60_000 }).neverToldMs).toBe(2_000);
    expect(detectionBound({ ...check, failureThreshold: 1, retries: 0 }, { everyMs: 60_000 }).neverToldMs).toBe(0);
  });
});
