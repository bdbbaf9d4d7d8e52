/** The first page of the dashboard with a thousand and ten thousand checks: its data, how it feels, and a change of all of them. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { chromiumPath } from "../../../src/testing/browser.ts";
import { amount, say, withProduct, type Bench, type Scenario } from "../bench.ts";
import { dashboardBytes, feelOfDashboard } from "../dashboard.ts";
import { percentile } from "../figures.ts";
import { seedFleet } from "../fleet.ts";
import type { Product } from "../product.ts";
import type { Figure } from "../report.ts";

const reads = 7;

export const overviewScenario: Scenario = {
  what: "the first page of the dashboard with 1,000 and 10,000 checks: bytes, times, scrolling; 1,000 checks paused at once",
  minutes: 1,
  async run(bench) {
    return { title: "The first page of the dashboard", figures: [...(await measure(bench, 1_000)), ...(await measure(bench, 10_000))] };
  },
};

async function measure(bench: Bench, wanted: number): Promise<Figure[]> {
  const count = amount(bench, wanted);
  const dataDir = join(bench.workDir, `fleet-${wanted}`);
  cpSync(bench.ownedDir, dataDir, { recursive: true });
  say(`an hour of results of ${count} checks`);
  await seedFleet(dataDir, count, Date.now());
  return withProduct(bench, dataDir, async (product) => {
    const times = await readTimes(product);
    const { wireBytes } = await product.page("/api/v1/overview");
    const isFirst = wanted === 1_000;
    return [
      { name: `data of ${wanted} checks, on the wire`, value: wireBytes / 1e3, unit: "kB", ...(isFirst && { goal: { atMost: 150 } }) },
      { name: "  the first time after a start", value: times[0]!, unit: "ms", digits: 0, ...(isFirst && { goal: { atMost: 300 } }) },
      { name: "  median", value: percentile(times, 0.5), unit: "ms", digits: 0, ...(isFirst && { goal: { atMost: 300 } }) },
      { name: "  with page, style and script", value: (await dashboardBytes(product)) / 1e3, unit: "kB" },
      ...(chromiumPath === undefined ? [] : await feel(product, isFirst)),
      ...(isFirst ? [await pauseAll(product)] : []),
    ];
  });
}

async function readTimes(product: Product): Promise<number[]> {
  const times: number[] = [];
  // Signed in first, which is no part of it.
  await product.api("GET", "/auth/me");
  for (let i = 0; i < reads; i++) {
    const asked = performance.now();
    await product.api("GET", "/overview");
    times.push(performance.now() - asked);
  }
  return times;
}

async function feel(product: Product, isFirst: boolean): Promise<Figure[]> {
  const { firstPaintMs, listMs, scrollFrameMs, letterMs, elements } = await feelOfDashboard(product);
  return [
    { name: "  first paint", value: firstPaintMs, unit: "ms", digits: 0, ...(isFirst && { goal: { atMost: 1_000 } }) },
    { name: "  the list is there", value: listMs, unit: "ms", digits: 0, ...(isFirst && { goal: { atMost: 1_000 } }) },
    { name: "  processor for a frame of fast scrolling", value: scrollFrameMs, unit: "ms", goal: { atMost: 16 } },
    { name: "  processor for a letter in the search", value: letterMs, unit: "ms", goal: { atMost: 100 } },
    { name: "  elements of the page", value: elements, unit: "", digits: 0 },
  ];
}

async function pauseAll(product: Product): Promise<Figure> {
  const { items } = await product.api<{ items: { id: string }[] }>("GET", "/overview");
  const asked = performance.now();
  await product.api("POST", "/checks/bulk", { action: "pause", ids: items.map(({ id }) => id) });
  return { name: "  all of them paused by one request", value: performance.now() - asked, unit: "ms", digits: 0, goal: { atMost: 2_000 } };
}
