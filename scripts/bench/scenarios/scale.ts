/** A hundred thousand checks in one process, and what a thousand hung ones hold on to. */
import { amount, filledFolder, say, spread, withProduct, type Scenario } from "../bench.ts";
import { runHung } from "../hung.ts";
import { httpCheck } from "../kinds.ts";
import { lagFigures, missedFigure, notUpFigure, outcomesOf, watch } from "../load.ts";

const everyMs = 60_000;
const wanted = 100_000;
const hung = 1_000;

export const scaleScenario: Scenario = {
  what: "100,000 checks at 60 s in one process; memory and descriptors of 1,000 hung checks",
  minutes: 5,
  async run(bench) {
    const checks = amount(bench, wanted);
    say(`seeding ${checks} checks`);
    const dataDir = await filledFolder(bench, "scale", spread(checks, (address) => httpCheck(address, bench.targets, "http")), bench.isSmoke ? 1_000 : everyMs);
    say("starting with them");
    const { stretch, readyMs } = await withProduct(bench, dataDir, async (product) => {
      await Bun.sleep(bench.isSmoke ? 0 : everyMs + 10_000);
      return { stretch: await watch(product, bench.isSmoke ? 1 : 2 * (everyMs / 1_000)), readyMs: product.readyMs };
    });
    const [outcome] = await outcomesOf(dataDir, [stretch]);
    say(`${hung} hung checks`);
    const held = await runHung(bench.targets, { checks: amount(bench, hung), timeoutMs: bench.isSmoke ? 200 : 3_000 });
    return {
      title: "100,000 HTTP checks every 60 s in one process",
      figures: [
        { name: "ready with them", value: readyMs / 1_000, unit: "s" },
        { name: "results stored", value: outcome!.results / stretch.seconds, unit: "/s", digits: 0, goal: { atLeast: (checks * 990) / everyMs } },
        missedFigure("all", outcome!),
        notUpFigure("all", outcome!),
        ...lagFigures("all", outcome!, 1_000),
        { name: "RSS", value: stretch.after.rssBytes / 2 ** 20, unit: "MiB", digits: 0, goal: { atMost: 1_024 } },
        { name: "CPU per 1000 checks", value: (1_000 * (stretch.after.cpuSeconds - stretch.before.cpuSeconds)) / outcome!.results, unit: "s", digits: 3 },
        { name: "descriptors", value: stretch.after.descriptors, unit: "", digits: 0 },
        { name: `memory of ${hung} hung checks`, value: held.bytes / 1e6, unit: "MB", goal: { atMost: 4 } },
        { name: "descriptors left 1 s after their deadline", value: held.descriptorsLeft, unit: "", digits: 0, goal: { atMost: 0 } },
      ],
    };
  },
};
