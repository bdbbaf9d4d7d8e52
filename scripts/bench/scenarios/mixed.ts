/** Slow and dead targets beside healthy ones: the healthy ones are measured alone, then with the others, in one run. */
import { amount, filledFolder, say, spread, withProduct, type Bench, type Scenario } from "../bench.ts";
import { percentile } from "../figures.ts";
import { dnsCheck, httpCheck, type CheckInput } from "../kinds.ts";
import { lagFigures, missedFigure, notUpFigure, outcomesOf, watch, type Outcome } from "../load.ts";
import { prepared } from "../raw_loop.ts";
import type { Figure } from "../report.ts";

const everyMs = 10_000;
/** Shorter than the interval, so that a hung check never overlaps its next slot. */
const timeoutMs = 5_000;
const healthy = 8_000;
const each = 1_000;

export const mixedScenario: Scenario = {
  what: "80 % fast checks, 10 % that take 100 ms, 10 % that hang or whose name server is dead",
  minutes: 3,
  async run(bench) {
    const fast = spread(amount(bench, healthy), (address) => httpCheck(address, bench.targets, "http"));
    const others = othersOf(bench);
    const alone = await measure(bench, "mixed-alone", fast);
    const mixed = await measure(bench, "mixed", [...fast, ...others.documents]);
    return {
      title: `${healthy + 2 * each} checks every ${everyMs / 1_000} s: 80 % fast, 10 % take 100 ms, 10 % ${others.dead}`,
      figures: [...figuresOf("healthy alone", alone.healthy), ...figuresOf("healthy beside the others", mixed.healthy), missedFigure("all others", mixed.others), ...ratios(alone.healthy, mixed.healthy)],
    };
  },
};

function othersOf(bench: Bench): { documents: CheckInput[]; dead: string } {
  const { targets } = bench;
  const late = spread(amount(bench, each), (address) => ({ ...httpCheck(address, targets, "http_late"), name: "late" }));
  const asksDeadServer = (address: string) => dnsCheck(address, targets, "dns_never");
  const knowsDns = prepared(asksDeadServer("127.0.0.1")).problem === undefined;
  const dead = spread(amount(bench, each), (address, i) => ({
    ...(knowsDns && i % 2 === 1 ? asksDeadServer(address) : httpCheck(address, targets, "http_never")),
    name: "dead",
    timeoutMs,
    retries: 0,
  }));
  return { documents: [...late, ...dead], dead: knowsDns ? "hang or have a dead name server" : "hang (DNS checks are not built yet)" };
}

async function measure(bench: Bench, name: string, documents: CheckInput[]): Promise<{ healthy: Outcome; others: Outcome }> {
  say(`${documents.length} checks, ${name}`);
  const dataDir = await filledFolder(bench, name, documents, bench.isSmoke ? 1_000 : everyMs);
  const stretch = await withProduct(bench, dataDir, async (product) => {
    await Bun.sleep(bench.isSmoke ? 0 : Math.max(bench.warmUpSeconds * 1_000, everyMs + timeoutMs));
    return watch(product, bench.isSmoke ? 1 : Math.max(bench.seconds, (2 * everyMs) / 1_000));
  });
  const isHealthy = (check: { name: string }) => check.name.startsWith("HTTP ");
  const [own] = await outcomesOf(dataDir, [stretch], isHealthy);
  const [others] = await outcomesOf(dataDir, [stretch], (check) => !isHealthy(check));
  return { healthy: own!, others: others! };
}

function figuresOf(name: string, outcome: Outcome): Figure[] {
  return [
    missedFigure(name, outcome),
    notUpFigure(name, outcome),
    ...lagFigures(name, outcome, 5),
    { name: `latency p50, ${name}`, value: percentile(outcome.latencyMs, 0.5), unit: "ms", digits: 2 },
    { name: `latency p99, ${name}`, value: percentile(outcome.latencyMs, 0.99), unit: "ms", digits: 2 },
  ];
}

function ratios(alone: Outcome, mixed: Outcome): Figure[] {
  const ratio = (key: "lagMs" | "latencyMs", share: number) => percentile(mixed[key], share) / percentile(alone[key], share);
  return [
    { name: "latency p50 of the healthy, with the others / alone", value: ratio("latencyMs", 0.5), unit: "", digits: 2, goal: { atMost: 1.5 }, decides: true },
    { name: "latency p99 of the healthy, with the others / alone", value: ratio("latencyMs", 0.99), unit: "", digits: 2 },
    { name: "lag p99 of the healthy, with the others / alone", value: ratio("lagMs", 0.99), unit: "", digits: 2 },
  ];
}
