/** What a result costs on disk while it is hot and once it is sealed, and how fast months of them are read. */
import { amount, filledFolder, say, spread, withProduct, type Bench, type Scenario } from "../bench.ts";
import { dashboardBytes } from "../dashboard.ts";
import { percentile } from "../figures.ts";
import { fillHistory, readBars, usedBytes } from "../history.ts";
import { httpCheck } from "../kinds.ts";
import { outcomesOf, watch } from "../load.ts";
import type { Figure } from "../report.ts";

const checks = 1_000;
const days = 90;
const reads = 50;

export const storageScenario: Scenario = {
  what: "bytes per result hot and sealed; 90-day bars, 24 h charts and start with that history",
  minutes: 4,
  async run(bench) {
    return { title: "Storage", figures: [...(await measureHot(bench, 1_000)), ...(await measureHot(bench, 5_000)), ...(await measureHistory(bench))] };
  },
};

async function measureHot(bench: Bench, rate: number): Promise<Figure[]> {
  say(`bytes written at ${rate}/s`);
  const dataDir = await filledFolder(bench, `hot-${rate}`, spread(amount(bench, rate), (address) => httpCheck(address, bench.targets, "http")), 1_000);
  const stretch = await withProduct(bench, dataDir, async (product) => {
    await Bun.sleep((bench.warmUpSeconds * 1_000) / 2);
    return watch(product, bench.seconds);
  });
  const [outcome] = await outcomesOf(dataDir, [stretch]);
  const perResult = (bytes: "fileBytes" | "diskBytes") => (stretch.after[bytes] - stretch.before[bytes]) / outcome!.results;
  return [
    { name: `written to files per result, ${rate}/s`, value: perResult("fileBytes"), unit: "B", digits: 0, goal: { atMost: 150 } },
    { name: `written to the disk per result, ${rate}/s`, value: perResult("diskBytes"), unit: "B", digits: 0 },
  ];
}

async function measureHistory(bench: Bench): Promise<Figure[]> {
  const count = amount(bench, checks);
  say(`writing ${days} days of history of ${count} checks`);
  // Not to run now: their next slot is as far away as can be.
  const dataDir = await filledFolder(bench, "history", spread(count, (address) => httpCheck(address, bench.targets, "http")), 86_400_000);
  const written = await fillHistory(dataDir, bench.isSmoke ? 1 : days);
  const bars = await readBars(dataDir, bench.isSmoke ? 1 : days);
  say("reading it through the API");
  const { everyUptime, readyMs, charts, uptimes, dashboard } = await withProduct(bench, dataDir, async (product) => {
    const { items } = await product.api<{ items: { id: string }[] }>("GET", "/checks?limit=50");
    const time = async (what: string) => {
      const times: number[] = [];
      for (let i = 0; i < reads; i++) {
        const asked = performance.now();
        await product.api("GET", `/checks/${items[i % items.length]!.id}/${what}`);
        times.push(performance.now() - asked);
      }
      return times;
    };
    const everyUptime: number[] = [];
    for (let i = 0; i < 5; i++) {
      const asked = performance.now();
      for (let cursor: string | null = ""; cursor !== null; ) ({ nextCursor: cursor } = await product.api<{ nextCursor: string | null }>("GET", `/uptimes?window=90d&limit=200&cursor=${cursor}`));
      everyUptime.push(performance.now() - asked);
    }
    return { everyUptime, readyMs: product.readyMs, charts: await time("latency?window=24h"), uptimes: await time("uptime?window=90d"), dashboard: await dashboardBytes(product) };
  });
  return [
    { name: "results written by the store's own code", value: written.perSecond, unit: "/s", digits: 0 },
    { name: "longest append of 1,000 results, its sync included", value: written.longestAppendMs, unit: "ms", goal: { atMost: 50 } },
    { name: "longest step of housekeeping, its sync included", value: written.longestStepMs, unit: "ms", goal: { atMost: 50 } },
    { name: "sealed, per result, of one day every minute", value: written.sealedBytes, unit: "B", goal: { atMost: 15 } },
    { name: "  with its counts by hour and day", value: written.sealedBytesWithRollups, unit: "B" },
    { name: "the whole database", value: usedBytes(dataDir) / 1e6, unit: "MB", digits: 0 },
    { name: `${days}-day bars of ${count} checks, from the store, median`, value: percentile(bars, 0.5), unit: "ms", goal: { atMost: 30 } },
    { name: "24 h chart of one check, through the API, median", value: percentile(charts, 0.5), unit: "ms", goal: { atMost: 5 } },
    { name: "24 h chart of one check, through the API, p99", value: percentile(charts, 0.99), unit: "ms" },
    { name: "90 d uptime of one check, through the API, median", value: percentile(uptimes, 0.5), unit: "ms" },
    { name: `90 d uptimes of ${count} checks, through the API, median`, value: percentile(everyUptime, 0.5), unit: "ms" },
    { name: `dashboard of ${count} checks, on the wire`, value: dashboard / 1e3, unit: "kB", goal: { atMost: 150 } },
    { name: "ready with this history", value: readyMs, unit: "ms", digits: 0, goal: { atMost: 500 } },
  ];
}
