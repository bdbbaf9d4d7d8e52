/**
 * The whole pipeline beside the raw loop, which runs before and after it. Not in between: a product that was held up has slots to
 * catch up with, and those come cheaper.
 */
import { amount, filledFolder, rounds, say, spread, withProduct, type Bench, type Scenario } from "../bench.ts";
import { httpCheck } from "../kinds.ts";
import { cpuPerCheckUs, lagFigures, missedFigure, notUpFigure, outcomesOf, threadFigures, watch, type Outcome, type Stretch } from "../load.ts";
import { runRawLoop, type LoopFigures } from "../raw_loop.ts";
import type { Figure } from "../report.ts";
import { cpuUs } from "./kinds.ts";

const turns = 4;
const everyMs = 1_000;

interface Rate {
  checks: number;
  name: string;
  /** Whether it is asked to keep up. */
  mustHold: boolean;
}

const rates: Rate[] = [
  { checks: 5_000, name: "5,000/s", mustHold: true },
  { checks: 10_000, name: "10,000/s", mustHold: true },
  { checks: 25_000, name: "more than it can", mustHold: false },
];

export const throughputScenario: Scenario = {
  what: "the whole pipeline at 5,000/s, at 10,000/s and at more than it can, beside the raw loop",
  minutes: 4,
  async run(bench) {
    const figures: Figure[] = [];
    for (const rate of bench.isSmoke ? rates.slice(0, 1) : rates) figures.push(...(await measureRate(bench, rate)));
    return { title: "Whole pipeline, HTTP checks at 1 s, a new connection each, every result stored; best of the rounds", figures };
  },
};

async function measureRate(bench: Bench, rate: Rate): Promise<Figure[]> {
  const { targets } = bench;
  const checks = amount(bench, rate.checks);
  say(`the whole pipeline: ${rate.name}`);
  const dataDir = await filledFolder(bench, `throughput-${rate.checks}`, spread(checks, (address) => httpCheck(address, targets, "http")), everyMs);
  const seconds = bench.isSmoke ? 0.5 : bench.seconds / 4;
  const raw: LoopFigures[] = [];
  const pacedRaw: LoopFigures[] = [];
  const stretches: Stretch[] = [];
  const loopRounds = async () => {
    for (let round = 0; round < rounds(bench, turns / 2); round++) {
      raw.push((await runRawLoop(targets, "http", seconds / 2))!);
      if (rate.mustHold) pacedRaw.push((await runRawLoop(targets, "http", seconds / 2, checks))!);
    }
  };
  await loopRounds();
  await withProduct(bench, dataDir, async (product) => {
    await Bun.sleep(bench.warmUpSeconds * 1_000);
    for (let round = 0; round < rounds(bench, turns); round++) stretches.push(await watch(product, seconds));
  });
  await loopRounds();
  const outcomes = await outcomesOf(dataDir, stretches);
  return figuresOf(rate, { checks, raw, pacedRaw, stretches, outcomes });
}

interface Measured {
  checks: number;
  raw: LoopFigures[];
  /** The same loop, at the product's rate: it wakes up as often as the product does. */
  pacedRaw: LoopFigures[];
  stretches: Stretch[];
  outcomes: Outcome[];
}

function figuresOf({ name, mustHold }: Rate, { checks, raw, pacedRaw, stretches, outcomes }: Measured): Figure[] {
  const cpu = stretches.map((stretch, i) => cpuPerCheckUs(stretch, outcomes[i]!));
  const best = cpu.indexOf(Math.min(...cpu));
  const all = merged(outcomes);
  // Like is compared with like: who wakes up for a few checks at a time pays more for each than who always has two hundred.
  const pacedFigures: Figure[] = [
    { name: `CPU per check, ${name}, raw loop at the same pace`, value: cpuUs(pacedRaw), unit: "µs" },
    { name: `the product in CPU terms of the raw loop at the same pace, ${name}`, value: (100 * cpuUs(pacedRaw)) / cpu[best]!, unit: "%", goal: { atLeast: 80 }, decides: true },
  ];
  const rate = all.results / stretches.reduce((sum, { seconds }) => sum + seconds, 0);
  return [
    { name: `results stored, ${name}`, value: rate, unit: "/s", digits: 0, ...(mustHold && { goal: { atLeast: checks * 0.99 } }) },
    ...(mustHold ? [missedFigure(name, all), ...lagFigures(name, all, 5)] : []),
    notUpFigure(name, all),
    { name: `CPU per check, ${name}, all threads`, value: cpu[best]!, unit: "µs" },
    ...threadFigures(stretches[best]!, outcomes[best]!).map((figure) => ({ ...figure, name: `  ${figure.name}` })),
    { name: `CPU per check, ${name}, raw loop`, value: cpuUs(raw), unit: "µs" },
    ...(mustHold ? pacedFigures : []),
    { name: `the product in CPU terms of the raw loop, ${name}`, value: (100 * cpuUs(raw)) / cpu[best]!, unit: "%", goal: { atLeast: 80 }, decides: !mustHold },
  ];
}

function merged(outcomes: Outcome[]): Outcome {
  return {
    results: outcomes.reduce((sum, { results }) => sum + results, 0),
    notUp: outcomes.reduce((sum, { notUp }) => sum + notUp, 0),
    missed: outcomes.reduce((sum, { missed }) => sum + missed, 0),
    lagMs: outcomes.flatMap(({ lagMs }) => lagMs),
    firstByteMs: outcomes.flatMap(({ firstByteMs }) => firstByteMs),
    latencyMs: outcomes.flatMap(({ latencyMs }) => latencyMs),
  };
}
