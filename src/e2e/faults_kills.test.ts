/** kill -9 at random, again and again, while targets fail by a script: a checker that knows the truth finds nothing wrong. */
import { expect, test } from "bun:test";
import { violations } from "../testing/faults/checker.ts";
import { restartTimes } from "../testing/faults/figures.ts";
import { chosenSeed, createRandom, isLong } from "../testing/faults/random.ts";
import { sabotages } from "../testing/faults/sabotage.ts";
import { startStage } from "../testing/faults/stage.ts";
import { scriptOutages } from "../testing/faults/truth.ts";

const kills = isLong ? 300 : 6;
const meanMs = isLong ? 3_000 : 1_000;
const checks = isLong ? 200 : 40;
const failing = checks / 4;
/** Of those that fail: what they have to say is read by people, who get it in groups. */
const forPeople = isLong ? 20 : 4;
const calm = { fromMs: 500, lastsMs: 9_000 };
/** The last ones; two of them have people to tell, who get one group. */
const failingInCalm = [1, 2, 3].map((fromEnd) => checks - fromEnd);
const isForPeople = (i: number) => i < forPeople || i === checks - 2 || i === checks - 3;

test(`kill -9, ${kills} times at random: every promise is kept`, async () => {
  const seed = chosenSeed();
  const random = createRandom(seed);
  await using stage = await startStage();
  await stage.addChannel("pager");
  await stage.addChannel("chat");
  await stage.addDesk("desk", 3_000);
  for (let i = 0; i < checks; i++) await (isForPeople(i) ? stage.addCheck(`target-${i}`, ["desk"], { tags: { desk: "yes" } }) : stage.addCheck(`target-${i}`, i % 2 === 0 ? ["pager", "chat"] : ["pager"]));
  const fromMs = Date.now() + 500;
  const times = { fromMs, untilMs: fromMs + kills * (meanMs + 500) + 6_000, downMs: 12_000, upMs: 8_000 };
  for (let i = forPeople; i < failing; i++) stage.world.plan(scriptOutages(`target-${i}`, random, times));
  // These fall together, again and again.
  const together = scriptOutages("target-0", random, times);
  for (let i = 0; i < forPeople; i++) stage.world.plan(together.map((outage) => ({ ...outage, target: `target-${i}` })));
  const writing = new AbortController();
  const written = stage.keepWriting(writing.signal);
  await stage.nemesis.killAtRandom(random, kills, meanMs);
  writing.abort();
  await written;
  // And outages in calm, which nothing excuses from being told in time, nor from being told together.
  const calmMs = Date.now() + calm.fromMs;
  stage.world.plan(failingInCalm.map((i) => ({ target: `target-${i}`, fromMs: calmMs, toMs: calmMs + calm.lastsMs })));
  await stage.endOfOutages();
  const history = await stage.history(isLong ? 150_000 : 20_000);
  expect({ seed, violations: violations(history) }).toEqual({ seed, violations: [] });
  // It was no walk in the park: something was told, and something was disturbed.
  expect(history.incidents.length).toBeGreaterThan(2);
  expect(history.disturbances.length).toBe(kills);
  expect(history.writes.length).toBeGreaterThan(checks + kills);
  // Of several, since the machine may be busy with other tests just then.
  expect(Math.min(...restartTimes(stage))).toBeLessThan(2_000);
  // And the checker sees every deliberate bug in this history too.
  const overlooked = sabotages.filter(({ done, caughtAs }) => !violations(done(history)).some((one) => caughtAs.test(one)));
  expect(overlooked.map(({ bug }) => bug)).toEqual([]);
}, isLong ? 2_400_000 : 90_000);
