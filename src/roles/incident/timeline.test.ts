/** Months of a small platform against what is promised. `UPTIMEPING_TEST_HOURS` and `UPTIMEPING_TEST_SEED` make it longer, and repeat it. */
import { describe, expect, test } from "bun:test";
import { brokenRules } from "../../testing/broken_rules.ts";
import { checkHistory } from "../../testing/timeline_checker.ts";
import { live, type History } from "../../testing/timeline_world.ts";
import { truthOf } from "../../testing/truth_timeline.ts";
import type { Rules } from "./facts.ts";

const hours = Number(process.env["UPTIMEPING_TEST_HOURS"] ?? 24);
/** Those that show most come first. */
const sabotageSeeds = [8, 7, 2, 1, 3, 4, 5, 6, 9, 10];
const firstSeed = Number(process.env["UPTIMEPING_TEST_SEED"] ?? 1);

const lifeOf = (seed: number, forHours: number) => truthOf(seed, { checks: 30, hours: forHours });

test("no false DOWN, no outage that is longer than the bound and not told, one incident at a time, events in order", async () => {
  const truth = lifeOf(firstSeed, hours);
  const { broken, outages, told, delaysMs } = checkHistory(truth, await live(truth, firstSeed));
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const figures = { outages, events: told, p50Ms: sorted[sorted.length >> 1], p99Ms: sorted[Math.floor(sorted.length * 0.99)] };
  if (process.env["UPTIMEPING_TEST_HOURS"]) console.log({ seed: firstSeed, hours, ...figures });
  expect({ seed: firstSeed, broken }).toEqual({ seed: firstSeed, broken: [] });
  expect(outages).toBeGreaterThan(hours);
}, 3_600_000);

/** What is broken first, in lives that are over as soon as something is. Some need luck to show: another seed is another life. */
async function brokenBy(rules: Rules): Promise<string[]> {
  let broken: string[] = [];
  for (const seed of sabotageSeeds) {
    const truth = lifeOf(seed, 8);
    const isEnough = (history: History, atMs: number) => (broken = checkHistory({ ...truth, endMs: atMs }, history).broken).length > 0;
    await live(truth, seed, { rules, isEnough }).catch((error: Error) => broken.push(error.message));
    if (broken.length > 0) break;
  }
  return broken;
}

describe("the proof itself catches", () => {
  for (const [name, rules] of Object.entries(brokenRules)) {
    test(name, async () => expect(await brokenBy(rules)).not.toEqual([]), 60_000);
  }
});
