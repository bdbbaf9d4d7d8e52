/** What a product that is killed again and again still keeps of its promises, and how soon an outage is told. */
import { violations } from "../../../src/testing/faults/checker.ts";
import { restartTimes, tallyOf, tellTimes } from "../../../src/testing/faults/figures.ts";
import type { History } from "../../../src/testing/faults/history.ts";
import { chosenSeed, createRandom } from "../../../src/testing/faults/random.ts";
import { startStage, type Stage } from "../../../src/testing/faults/stage.ts";
import { scriptOutages } from "../../../src/testing/faults/truth.ts";
import { amount, rounds, say, type Bench, type Scenario } from "../bench.ts";
import { percentile } from "../figures.ts";
import { eachOf } from "../processes.ts";
import type { Figure } from "../report.ts";

const kills = 100;
const meanMs = 2_000;
const watched = 100;
const busyChecks = 1_000;
const outageMs = 5_000;
const groupIntervalMs = 10_000;
/** The limits of the API are for people, not for this. */
const env = Object.fromEntries(["IP", "USER", "TENANT", "LOGIN"].map((what) => [`UPTIMEPING_RATE_LIMIT_${what}`, "0"]));

export const faultsScenario: Scenario = {
  what: "killed at random, again and again: what is kept, what is told twice, how soon it is back and tells",
  minutes: 6,
  async run(bench) {
    const seed = chosenSeed();
    return { title: `kill -9 at random, seed ${seed}`, figures: [...(await killed(bench, seed)), ...(await told(bench, "idle", watched)), ...(await told(bench, `beside ${busyChecks} checks a second`, busyChecks))] };
  },
};

async function killed(bench: Bench, seed: number): Promise<Figure[]> {
  const random = createRandom(seed);
  const times = rounds(bench, kills);
  const checks = amount(bench, watched);
  say(`${checks} checks a second, killed ${times} times`);
  await using stage = await startStage({ executable: bench.executable, env });
  await addChecks(stage, checks, true);
  const fromMs = Date.now() + 1_000;
  const script = { fromMs, untilMs: fromMs + times * (meanMs + 500), downMs: 12_000, upMs: 12_000 };
  for (let i = 0; i < checks / 4; i++) stage.world.plan(scriptOutages(`target-${i}`, random, script));
  const writing = new AbortController();
  const written = stage.keepWriting(writing.signal);
  await stage.nemesis.killAtRandom(random, times, meanMs);
  writing.abort();
  await written;
  stage.world.endOutages();
  await Bun.sleep(bench.isSmoke ? 1_500 : 5_000);
  // What people are told may be held for a minute.
  return keptFigures(await stage.history(150_000), restartTimes(stage));
}

function keptFigures(history: History, restarts: number[]): Figure[] {
  const tally = tallyOf(history);
  const found = violations(history);
  for (const one of found.slice(0, 20)) say(one);
  const count = (name: string, value: number, goal?: Figure["goal"]): Figure => ({ name, value, unit: "", digits: 0, ...(goal && { goal, decides: true }) });
  return [
    count("kills survived", history.disturbances.length),
    count("promises broken, as the checker sees it", found.length, { atMost: 0 }),
    count("acknowledged writes", history.writes.length),
    count("acknowledged writes lost", history.writes.filter(({ isThere }) => !isThere).length, { atMost: 0 }),
    count("slots that ran", tally.done),
    count("slots recorded as missed", tally.missed),
    count("slots that ran twice", tally.doubled, { atMost: 0 }),
    count("messages sent", tally.messages),
    count("of these in a group of several", tally.grouped),
    count("messages lost", tally.lost, { atMost: 0 }),
    count("messages delivered again, under their id", tally.repeated),
    { name: "start of the process to its first check, p50", value: percentile(restarts, 0.5), unit: "ms", digits: 0, goal: { atMost: 2_000 } },
    { name: "start of the process to its first check, longest", value: percentile(restarts, 1), unit: "ms", digits: 0, goal: { atMost: 2_000 } },
  ];
}

/** Outages one after the other, each told once. */
async function told(bench: Bench, when: string, wanted: number): Promise<Figure[]> {
  const checks = amount(bench, wanted);
  say(`outages, ${when}`);
  await using stage = await startStage({ executable: bench.executable, env });
  await addChecks(stage, checks);
  await Bun.sleep(bench.warmUpSeconds * 1_000);
  const fromMs = Date.now() + 500;
  const falling = amount(bench, watched);
  const lastsMs = bench.isSmoke ? 2_000 : outageMs;
  stage.world.plan(Array.from({ length: falling }, (_, i) => ({ target: `target-${i}`, fromMs: fromMs + (i * bench.seconds * 1_000) / falling, toMs: fromMs + (i * bench.seconds * 1_000) / falling + lastsMs })));
  await Bun.sleep(bench.seconds * 1_000 + lastsMs + 2_000);
  const took = tellTimes(await stage.history());
  return [0.5, 0.99].map((share) => ({ name: `end of the failing run to its message, ${when}, p${share * 100} of ${took.length}`, value: percentile(took, share), unit: "ms" }));
}

/** Every fourth for people where they are asked for, so that what it has to say is grouped. */
async function addChecks(stage: Stage, count: number, people = false): Promise<void> {
  await stage.addChannel("pager");
  if (people) await stage.addDesk("desk", groupIntervalMs);
  await eachOf(Array.from({ length: count }, (_, i) => i), 8, async (i) => {
    await (people && i % 4 === 3 ? stage.addCheck(`target-${i}`, ["desk"], { tags: { desk: "yes" } }) : stage.addCheck(`target-${i}`, ["pager"]));
  });
}
