/** The raw probe loop of each kind beside a client in C that does the same exchange, in turns, so that noise meets both. */
import { rounds, say, type Bench, type Scenario } from "../bench.ts";
import { runClient, runWrk } from "../clients.ts";
import { kinds, type KindName } from "../kinds.ts";
import { runRawLoop, type LoopFigures } from "../raw_loop.ts";
import type { Figure } from "../report.ts";

const turns = 4;

export const kindsScenario: Scenario = {
  what: "the raw probe loop of each kind on one core, beside a client in C and wrk",
  minutes: 2,
  async run(bench) {
    const figures: Figure[] = [];
    for (const kind of Object.keys(kinds) as KindName[]) figures.push(...(await measureKind(bench, kind)));
    return { title: "Raw probe loop, 200 in flight, a new connection each, on one core; best of the rounds", figures };
  },
};

async function measureKind(bench: Bench, kind: KindName): Promise<Figure[]> {
  say(`the raw loop of ${kind}`);
  const { targets, client } = bench;
  const seconds = bench.isSmoke ? 0.1 : bench.seconds / 8;
  const raw: LoopFigures[] = [];
  const floor: LoopFigures[] = [];
  const wrk: LoopFigures[] = [];
  for (let round = 0; round < rounds(bench, turns); round++) {
    keep(raw, await runRawLoop(targets, kind, seconds));
    keep(floor, await runClient(client, targets, kind, { seconds }));
    if (kind === "http") keep(wrk, await runWrk(targets, Math.max(1, Math.round(seconds))));
  }
  const wrkFigures: Figure[] = [
    { name: "http: wrk -t1 -c200, Connection: close, CPU per request", value: cpuUs(wrk), unit: "µs" },
    { name: "http: raw loop in CPU terms of wrk", value: (100 * cpuUs(wrk)) / cpuUs(raw), unit: "%", goal: { atLeast: 60 }, decides: true },
  ];
  return [
    { name: `${kind}: raw loop`, value: perSecond(raw), unit: "/s", digits: 0 },
    { name: `${kind}: raw loop, CPU per check`, value: cpuUs(raw), unit: "µs" },
    { name: `${kind}: checks that failed`, value: raw.length === 0 ? Number.NaN : sum(raw, "failed"), unit: "", digits: 0, goal: { atMost: 0 }, decides: true },
    { name: `${kind}: client in C`, value: perSecond(floor), unit: "/s", digits: 0 },
    { name: `${kind}: client in C, CPU per exchange`, value: cpuUs(floor), unit: "µs" },
    { name: `${kind}: raw loop in CPU terms of the client in C`, value: (100 * cpuUs(floor)) / cpuUs(raw), unit: "%" },
    ...(kind === "http" ? wrkFigures : []),
  ];
}

function keep(all: LoopFigures[], one: LoopFigures | undefined): void {
  if (one) all.push(one);
}

function perSecond(loops: LoopFigures[]): number {
  return loops.length === 0 ? Number.NaN : Math.max(...loops.map(({ checks, seconds }) => checks / seconds));
}

/** The least that a round took: whatever else ran on the machine can only add. */
export function cpuUs(loops: LoopFigures[]): number {
  return loops.length === 0 ? Number.NaN : Math.min(...loops.map(({ checks, cpuSeconds }) => (1e6 * cpuSeconds) / checks));
}

function sum(loops: LoopFigures[], key: "failed"): number {
  return loops.reduce((total, loop) => total + loop[key], 0);
}
