/** Half a million checks: what grows. */
import { amount, filledFolder, say, spread, withProduct, type Scenario } from "../bench.ts";
import { percentile } from "../figures.ts";
import { httpCheck } from "../kinds.ts";
import { usageOf } from "../usage.ts";

const everyMs = 1_000;
const perSecond = 5_000;
const total = 500_000;
/** Long enough for a log of results to have been sealed once, which is when memory is given back. */
const warmUpSeconds = 70;

export const soakScenario: Scenario = {
  what: "500,000 checks: growth of memory and descriptors",
  minutes: 3,
  async run(bench) {
    const checks = amount(bench, perSecond);
    say(`${checks} checks a second until ${total} have run`);
    const dataDir = await filledFolder(bench, "soak", spread(checks, (address) => httpCheck(address, bench.targets, "http")), everyMs);
    const rss: number[] = [];
    const descriptors: number[] = [];
    await withProduct(bench, dataDir, async (product) => {
      await Bun.sleep(bench.isSmoke ? 0 : warmUpSeconds * 1_000);
      for (let second = 0; second < (bench.isSmoke ? 4 : total / perSecond); second++) {
        const usage = usageOf(product.pid);
        rss.push(usage.rssBytes / 1e6);
        descriptors.push(usage.descriptors);
        await Bun.sleep(bench.isSmoke ? 200 : 1_000);
      }
    });
    const quarter = Math.ceil(rss.length / 4);
    const growth = (values: number[]) => percentile(values.slice(-quarter), 0.5) - percentile(values.slice(0, quarter), 0.5);
    return {
      title: `${total.toLocaleString("en-US")} HTTP checks at ${perSecond.toLocaleString("en-US")}/s, after ${warmUpSeconds} s of warming up`,
      figures: [
        { name: "RSS, median of the first quarter", value: percentile(rss.slice(0, quarter), 0.5), unit: "MB", digits: 0 },
        { name: "RSS, highest", value: Math.max(...rss), unit: "MB", digits: 0 },
        { name: "RSS, median of the last quarter above the first's", value: growth(rss), unit: "MB", goal: { atMost: 5 } },
        { name: "descriptors, median of the last quarter above the first's", value: growth(descriptors), unit: "", digits: 0, goal: { atMost: 10 } },
      ],
    };
  },
};
