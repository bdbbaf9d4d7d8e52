import { describe } from "bun:test";
import { resultsConformance } from "#ports/results.conformance";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteResultStore } from "./results.ts";

const day = 86_400_000;

describe("sqlite results", () => {
  resultsConformance(async () => {
    const temp = await openTempStore();
    const clock = createFakeClock(Date.UTC(2026, 0, 1));
    const retention = { resultsMs: 90 * day, minutesMs: 2 * day, hoursMs: 400 * day, daysMs: 1_000 * day };
    // Small logs, so that a short test rotates and seals many times.
    const start = () => createSqliteResultStore({ store: temp.store, clock, retention, logRows: 40 });
    return { store: start(), clock, crash: async () => start(), [Symbol.asyncDispose]: async () => temp[Symbol.asyncDispose]() };
  });
});
