/** From a failing answer to its webhook; starts and restarts. */
import { amount, filledFolder, folder, rounds, say, spread, withProduct, type Bench, type Scenario } from "../bench.ts";
import { percentile, syncMs } from "../figures.ts";
import { httpCheck } from "../kinds.ts";
import { eachOf } from "../processes.ts";
import { firstAnswerMs, startProduct, type Product } from "../product.ts";
import type { Figure } from "../report.ts";
import { readResults } from "../store.ts";
import type { Targets } from "../targets.ts";
import { usageOf } from "../usage.ts";
import { prepareFlips } from "../webhook.ts";

const everyMs = 1_000;
const starts = 7;
const flips = 5;
const toCreate = 500;

export const latencyScenario: Scenario = {
  what: "first failing answer to webhook, idle and at 1,000/s; cold start, creating, restart",
  minutes: 2,
  async run(bench) {
    return { title: "Outages, starts and restarts", figures: [...(await measureStarts(bench)), ...(await measureOutages(bench))] };
  },
};

async function measureStarts(bench: Bench): Promise<Figure[]> {
  say("starting from nothing");
  const { executable } = bench;
  const times: number[] = [];
  for (let i = 0; i < rounds(bench, starts); i++) times.push(await firstAnswerMs({ executable, dataDir: folder(bench, `start-${i}`) }));
  const idle = await withProduct(bench, folder(bench, "idle"), async ({ pid }) => {
    await Bun.sleep(bench.isSmoke ? 0 : 2_000);
    return usageOf(pid);
  });
  return [
    { name: "one durable write on this disk, p50", value: syncMs(bench.workDir), unit: "ms", digits: 2 },
    { name: "cold start to the first API answer, p50", value: percentile(times, 0.5), unit: "ms", digits: 0, goal: { atMost: 150 } },
    { name: "RSS idle", value: idle.rssBytes / 1e6, unit: "MB", digits: 0, goal: { atMost: 90 } },
  ];
}

/** Over several connections at once, as a script does that brings its checks along. */
async function createdPerSecond(product: Product, targets: Targets, count: number): Promise<number> {
  const started = performance.now();
  await eachOf(spread(count, (address) => httpCheck(address, targets, "http")), 16, async (check) => {
    await product.api("POST", "/checks", { ...check, schedule: { every: "1d" } });
  });
  return (count * 1_000) / (performance.now() - started);
}

async function measureOutages(bench: Bench): Promise<Figure[]> {
  const { executable, targets } = bench;
  const dataDir = folder(bench, "outages");
  say("outages on an idle product");
  const { idle, created } = await withProduct(bench, dataDir, async (product) => {
    const bare = await prepareFlips(product, rounds(bench, flips));
    const took = await bare.measure();
    await bare.stop();
    return { idle: took, created: await createdPerSecond(product, targets, amount(bench, toCreate)) };
  });
  const checks = amount(bench, 1_000);
  say(`outages beside ${checks} checks a second`);
  const loaded = await filledFolder(bench, "outages-loaded", spread(checks, (address) => httpCheck(address, targets, "http")), everyMs);
  const busy = await withProduct(bench, loaded, async (product) => {
    const under = await prepareFlips(product, rounds(bench, flips));
    await Bun.sleep(bench.warmUpSeconds * 1_000);
    const took = await under.measure();
    await under.stop();
    return took;
  });
  say("restarting");
  const again = await startProduct({ executable, dataDir: loaded });
  await Bun.sleep(everyMs + 2_000);
  const stopMs = await again.stop();
  return [
    { name: `first failing answer to webhook, idle, p50 of ${idle.length}`, value: percentile(idle, 0.5), unit: "ms", goal: { atMost: 5 } },
    { name: `first failing answer to webhook, idle, p99 of ${idle.length}`, value: percentile(idle, 0.99), unit: "ms" },
    { name: `first failing answer to webhook, at 1,000/s, p50 of ${busy.length}`, value: percentile(busy, 0.5), unit: "ms" },
    { name: `first failing answer to webhook, at 1,000/s, p99 of ${busy.length}`, value: percentile(busy, 0.99), unit: "ms", goal: { atMost: 50 } },
    { name: "checks created through the API", value: created, unit: "/s", digits: 0 },
    { name: `ready again with ${checks} checks`, value: again.readyMs, unit: "ms", digits: 0, goal: { atMost: 500 } },
    { name: "stop on SIGTERM", value: stopMs, unit: "ms", digits: 0, goal: { atMost: 25_000 } },
    ...(await firstRuns(loaded, again, checks)),
  ];
}

/** Every check must have started once within one interval after the product was ready again. */
async function firstRuns(dataDir: string, { startedAt, readyAt }: Product, checks: number): Promise<Figure[]> {
  const afterMs: number[] = [];
  await readResults(dataDir, { fromMs: startedAt - everyMs, toMs: readyAt + 3 * everyMs }, (_, results) => {
    const starts = results.map(({ startedAtMs }) => startedAtMs).filter((at) => at >= startedAt);
    if (starts.length > 0) afterMs.push(Math.max(0, Math.min(...starts) - readyAt));
  });
  return [
    { name: "checks that ran again within one interval", value: afterMs.filter((ms) => ms <= everyMs).length, unit: "", digits: 0, goal: { atLeast: checks } },
    { name: "the last of them", value: percentile(afterMs, 1), unit: "ms", digits: 0, goal: { atMost: everyMs } },
  ];
}
