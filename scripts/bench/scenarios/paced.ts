/** What the product costs at ordinary rates, where most of it is waking up. */
import { amount, filledFolder, say, spread, withProduct, type Bench, type Scenario } from "../bench.ts";
import { httpCheck } from "../kinds.ts";
import { cpuPerCheckUs, lagFigures, missedFigure, outcomesOf, threadFigures, watch } from "../load.ts";
import type { Figure } from "../report.ts";

export const pacedScenario: Scenario = {
  what: "CPU per 1000 checks at 1,000/s and at 1,000 checks every 10 s",
  minutes: 2,
  async run(bench) {
    return {
      title: "1,000 HTTP checks, a new connection each, every result stored",
      figures: [...(await measure(bench, { everyMs: 1_000, name: "every 1 s", cpuSeconds: 0.1 })), ...(await measure(bench, { everyMs: 10_000, name: "every 10 s", cpuSeconds: 0.3 }))],
    };
  },
};

async function measure(bench: Bench, { everyMs, name, cpuSeconds }: { everyMs: number; name: string; cpuSeconds: number }): Promise<Figure[]> {
  const checks = amount(bench, 1_000);
  say(`${checks} checks ${name}`);
  const dataDir = await filledFolder(bench, `paced-${everyMs}`, spread(checks, (address) => httpCheck(address, bench.targets, "http")), bench.isSmoke ? 1_000 : everyMs);
  const stretch = await withProduct(bench, dataDir, async (product) => {
    await Bun.sleep(bench.warmUpSeconds * 1_000);
    return watch(product, bench.isSmoke ? 1 : Math.max(bench.seconds, (2 * everyMs) / 1_000));
  });
  const [outcome] = await outcomesOf(dataDir, [stretch]);
  return [
    { name: `CPU per 1000 checks, ${name}`, value: cpuPerCheckUs(stretch, outcome!) / 1_000, unit: "s", digits: 3, goal: { atMost: cpuSeconds } },
    ...threadFigures(stretch, outcome!).map((figure) => ({ ...figure, name: `  ${figure.name}` })),
    missedFigure(name, outcome!),
    ...lagFigures(name, outcome!, 5),
    { name: `RSS, ${name}`, value: stretch.after.rssBytes / 1e6, unit: "MB", digits: 0 },
  ];
}
