/**
 * Whether a slow monitor reads as a slow site: checks of a server that answers after exactly 1 ms, at several rates and while the
 * API is busy. A client in C asks the same server at the same time: what it reads above 1 ms is the machine's doing.
 */
import { amount, filledFolder, say, spread, withProduct, type Bench, type Scenario } from "../bench.ts";
import { runClient, type ClientFigures } from "../clients.ts";
import { percentile } from "../figures.ts";
import { httpCheck } from "../kinds.ts";
import { lagFigures, missedFigure, notUpFigure, outcomesOf, watch, type Outcome, type Stretch } from "../load.ts";
import type { Product } from "../product.ts";
import type { Figure } from "../report.ts";
import { usageOf } from "../usage.ts";

const everyMs = 1_000;
const controlPerSecond = 100;
/** What the API is made to take of the main thread each second, in one go. */
const blockMs = 50;
/** So many ids fit into one request: the runtime refuses heads above 16 KiB. */
const idsAtOnce = 400;
const asksToCalibrate = 10;

interface Measured {
  stretch: Stretch;
  outcome: Outcome;
  control: ClientFigures | undefined;
}

export const honestyScenario: Scenario = {
  what: "lag and latency of a 1 ms server at 10/s, at 1,000/s with the API in use, and at 5,000/s",
  minutes: 3,
  async run(bench) {
    const slow = await measure(bench, 10);
    const scraped: number[] = [];
    const used = await measure(bench, 1_000, async (product) => {
      for (let i = 0; i < 3; i++) scraped.push(await product.scrapeMs());
      return useApi(product);
    });
    const fast = await measure(bench, 5_000);
    return {
      title: "A server that answers after exactly 1 ms",
      figures: [
        ...figuresOf("10/s", slow),
        ...figuresOf("1,000/s, API in use", used),
        { name: "main thread while the API is in use, of each second", value: (1_000 * mainSeconds(used.stretch)) / used.stretch.seconds, unit: "ms" },
        { name: "one scrape of /metrics with 1,000 checks, median", value: percentile(scraped, 0.5), unit: "ms" },
        ...figuresOf("5,000/s", fast),
        { name: "latency p95 at 5,000/s above that at 10/s", value: percentile(fast.outcome.latencyMs, 0.95) - percentile(slow.outcome.latencyMs, 0.95), unit: "ms", digits: 2, goal: { atMost: 3 } },
      ],
    };
  },
};

async function measure(bench: Bench, rate: number, disturb?: (product: Product) => Promise<() => void>): Promise<Measured> {
  const checks = amount(bench, rate);
  say(`a 1 ms server at ${rate}/s`);
  const { targets, client } = bench;
  const dataDir = await filledFolder(bench, `honesty-${rate}`, spread(checks, (address) => httpCheck(address, targets, "http_soon")), everyMs);
  const { stretch, control } = await withProduct(bench, dataDir, async (product) => {
    await Bun.sleep(bench.warmUpSeconds * 1_000);
    const calm = await disturb?.(product);
    const [seen, asked] = await Promise.all([
      watch(product, bench.seconds),
      runClient(client, targets, "http", { seconds: bench.seconds, perSecond: controlPerSecond, target: "http_soon" }),
    ]);
    calm?.();
    return { stretch: seen, control: asked };
  });
  const [outcome] = await outcomesOf(dataDir, [stretch]);
  return { stretch, outcome: outcome!, control };
}

function figuresOf(name: string, { outcome, control }: Measured): Figure[] {
  const p50 = percentile(outcome.firstByteMs, 0.5);
  const p99 = percentile(outcome.firstByteMs, 0.99);
  return [
    ...lagFigures(name, outcome, 5),
    { name: `first byte p50, ${name}`, value: p50, unit: "ms", digits: 2, goal: { atMost: 1.5 } },
    { name: `first byte p99, ${name}`, value: p99, unit: "ms", digits: 2, goal: { atMost: 2 } },
    { name: `  p50 above what the client in C reads, ${name}`, value: p50 - (control?.firstByteP50Ms ?? Number.NaN), unit: "ms", digits: 2, goal: { atMost: 0.5 } },
    { name: `  p99 above what the client in C reads, ${name}`, value: p99 - (control?.firstByteP99Ms ?? Number.NaN), unit: "ms", digits: 2, goal: { atMost: 1 } },
    missedFigure(name, outcome),
    notUpFigure(name, outcome),
  ];
}

/** Asks for the states of so many checks at once each second that the main thread is taken for about `blockMs`. Gives what ends it. */
async function useApi(product: Product): Promise<() => void> {
  const ids: string[] = [];
  for (let cursor = ""; ; ) {
    const page = await product.api<{ items: { id: string }[]; nextCursor: string | null }>("GET", `/checks?limit=200&cursor=${cursor}`);
    ids.push(...page.items.map(({ id }) => id));
    if (!page.nextCursor) break;
    cursor = page.nextCursor;
  }
  const ask = (count: number) => product.api("GET", `/statuses?ids=${ids.slice(0, count).join(",")}`);
  const costMs = await blockOf(product, () => ask(Math.min(ids.length, idsAtOnce)));
  const wanted = Math.round((blockMs / costMs) * Math.min(ids.length, idsAtOnce));
  const requests = Math.max(1, Math.ceil(wanted / idsAtOnce));
  say(`each second ${requests} requests for ${Math.round(wanted / requests)} states: together about ${blockMs} ms`);
  const askAll = () => Promise.all(Array.from({ length: requests }, () => ask(Math.round(wanted / requests))));
  // The last of them may find the product gone.
  const timer = setInterval(() => void askAll().catch(() => {}), 1_000);
  return () => clearInterval(timer);
}

/** What one answer takes of the main thread, above what the checks take of it anyway. */
async function blockOf({ pid }: Product, ask: () => Promise<unknown>): Promise<number> {
  const main = () => ({ at: performance.now(), ms: 1_000 * (usageOf(pid).threads.get("main") ?? 0) });
  const first = main();
  await Bun.sleep(2_000);
  const quiet = main();
  for (let i = 0; i < asksToCalibrate; i++) await ask();
  const used = main();
  const share = (quiet.ms - first.ms) / (quiet.at - first.at);
  return Math.max(1, used.ms - quiet.ms - share * (used.at - quiet.at)) / asksToCalibrate;
}

function mainSeconds({ before, after }: Stretch): number {
  return (after.threads.get("main") ?? 0) - (before.threads.get("main") ?? 0);
}
