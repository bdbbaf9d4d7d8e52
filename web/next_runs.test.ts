import { describe, expect, test } from "bun:test";
import { nextOfCron, nextOfInterval, runsADay } from "./next_runs.ts";

const now = Date.parse("2026-03-28T22:30:00Z");
const iso = (times: readonly number[] | undefined) => times?.map((ms) => new Date(ms).toISOString().replace(":00.000", ""));

describe("when a schedule comes next", () => {
  test("an interval goes on from where the scheduler says, else from now", () => {
    expect(iso(nextOfInterval("30m", now, undefined, 2))).toEqual(["2026-03-28T23:00Z", "2026-03-28T23:30Z"]);
    expect(iso(nextOfInterval("1h", now, Date.parse("2026-03-28T22:45:00Z"), 2))).toEqual(["2026-03-28T22:45Z", "2026-03-28T23:45Z"]);
    expect(iso(nextOfInterval("1h", now, now - 1, 1))).toEqual(["2026-03-28T23:30Z"]);
    expect([nextOfInterval("soon", now, undefined, 5), nextOfInterval("10ms", now, undefined, 5), nextOfInterval("0s", now, undefined, 5)]).toEqual([[], [], []]);
    expect([runsADay("60s"), runsADay("1d"), runsADay("x")]).toEqual([1_440, 1, undefined]);
  });

  test("a cron expression in its zone, over the change of the clock", async () => {
    expect(iso(await nextOfCron({ cron: "0 6 * * *", timezone: "Europe/Berlin" }, now, 2))).toEqual(["2026-03-29T04:00Z", "2026-03-30T04:00Z"]);
    expect(iso(await nextOfCron({ cron: "0 6 * * *", timezone: "" }, now, 1))).toEqual(["2026-03-29T06:00Z"]);
    expect(await nextOfCron({ cron: "0 0 30 2 *", timezone: "UTC" }, now, 5)).toEqual([]);
    for (const cron of ["", "* * *", "61 * * * *", "x ".repeat(200)]) expect(await nextOfCron({ cron, timezone: "UTC" }, now, 5)).toBeUndefined();
    expect(await nextOfCron({ cron: "0 6 * * *", timezone: "Mars/Olympus" }, now, 5)).toBeUndefined();
  });
});
