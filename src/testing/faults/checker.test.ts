/** The checker of the fault tests, which is believed only because it has caught every one of these bugs. */
import { expect, test } from "bun:test";
import { violations } from "./checker.ts";
import { goodHistory } from "./good_history.ts";
import { sabotages } from "./sabotage.ts";

test("a history in which every promise was kept has no violation", () => {
  expect(violations(goodHistory())).toEqual([]);
});

test.each(sabotages.map((sabotage) => [sabotage.bug, sabotage] as const))("caught: %s", (_bug, { done, caughtAs }) => {
  expect(violations(done(goodHistory())).join("\n")).toMatch(caughtAs);
});

test("a message that was taken twice is forgiven around a kill, and under one id only", () => {
  const good = goodHistory();
  const { fromMs } = good.disturbances[0]!;
  const first = good.deliveries.find(({ eventType }) => eventType === "incident.resolved")!;
  const times = { ...good, deliveries: good.deliveries.flatMap((one) => (one === first ? [one, { ...one, atMs: fromMs + 100 }] : [one])) };
  expect(violations(times)).toEqual([]);
});

test("an outage that was short enough to be missed, or that the product slept through, need not be told", () => {
  const good = goodHistory();
  const short = { target: "blog", fromMs: good.endedAtMs - 20_500, toMs: good.endedAtMs - 18_000 };
  const asleep = { kind: "pause" as const, fromMs: short.fromMs, toMs: short.toMs };
  const unseen = { ...good, outages: [...good.outages, short], disturbances: [...good.disturbances, asleep] };
  expect(violations(unseen).filter((one) => one.includes("was not told"))).toEqual([]);
});
