/** kill -9 at every named point of the way from a slot to a message, and bugs of the product itself that the checker must see. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { violations } from "../testing/faults/checker.ts";
import { isLong } from "../testing/faults/random.ts";
import { startStage, type Stage } from "../testing/faults/stage.ts";
import { createProductFolder, executable, failpointExecutable } from "../testing/start_product.ts";

const points = failpointNames();
/** Passed before anything serves, and only where there is no database yet. */
const isOfFirstStart = (name: string) => name.endsWith("_migration");
/** Each is reached once; some are passed only once in the life of a process, so later hits may not come. */
const hits = isLong ? [1, 2, 10] : [1];
const targets = 24;
const reachedWithinMs = 20_000;
const laterHitWithinMs = 4_000;

test("the executable that people get has no failpoint in it, and takes no notice of the variable", async () => {
  const bytes = readFileSync(executable);
  expect([...points, "UPTIMEPING_FAILPOINT", "UPTIMEPING_BUG"].filter((name) => bytes.includes(name))).toEqual([]);
  expect(readFileSync(failpointExecutable).includes(points[0]!)).toBe(true);
  await using folder = createProductFolder({ env: { UPTIMEPING_FAILPOINT: "after_commit:1:kill" } });
  const product = await folder.start();
  expect((await product.api("GET", "/checks")).status).toBe(200);
}, 60_000);

test("killed in the middle of its first start, it starts the next time as if nothing had been", async () => {
  for (const point of points.filter(isOfFirstStart)) {
    await using folder = createProductFolder({ executable: failpointExecutable });
    for (const nth of [1, 4]) await expect(folder.startWith({ UPTIMEPING_FAILPOINT: `${point}:${nth}:kill` })).rejects.toThrow("SIGKILL");
    const product = await folder.start();
    expect((await product.api("GET", "/checks")).status).toBe(200);
  }
}, 60_000);

test.concurrent(`killed at each of ${points.length} points: every promise is kept`, async () => {
  await using stage = await startStage({ executable: failpointExecutable, env: { UPTIMEPING_BUG: "seals_early" } });
  await stage.addChannel("pager");
  await addFlapping(stage, targets);
  const writing = new AbortController();
  const written = stage.keepWriting(writing.signal);
  const notReached: string[] = [];
  for (const nth of hits) {
    for (const point of points.filter((name) => !isOfFirstStart(name))) {
      const died = await stage.nemesis.dieAt(`${point}:${nth}:kill`, nth === 1 ? reachedWithinMs : laterHitWithinMs);
      if (!died && nth === 1) notReached.push(point);
    }
  }
  await stage.nemesis.kill();
  stage.world.endOutages();
  writing.abort();
  await written;
  await stage.endOfOutages();
  expect({ notReached, violations: violations(await stage.history()) }).toEqual({ notReached: [], violations: [] });
}, isLong ? 900_000 : 400_000);

/** A bug of the product, the point at which a kill brings it to light, and what the checker then says. */
const bugs: [bug: string, failpoint: string, caughtAs: RegExp][] = [
  ["mark_before_send", "after_mark:1:kill", /it is sent, and its receiver never took it/],
  ["outbox_not_atomic", "after_incident_commit:1:kill", /are not in the ledger/],
  ["retry_with_new_id", "after_send_before_mark:1:kill", /the ledger does not know it/],
  ["gaps_not_recorded", "after_commit:20:kill", /neither done nor missed/],
  ["ack_before_commit", "run_ended@manual:1:kill", /the API said yes, and it is not there/],
];

describe("a bug of the product is seen by the checker", () => {
  test.concurrent.each(bugs)("%s", async (bug, failpoint, caughtAs) => {
    await using stage = await startStage({ executable: failpointExecutable, env: { UPTIMEPING_BUG: bug } });
    await stage.addChannel("pager");
    await addFlapping(stage, 4);
    // It is the one that people ask to run: they have their answer before the run has ended.
    stage.world.slowDown("target-0", 500);
    const writing = new AbortController();
    const written = stage.keepWriting(writing.signal);
    expect(await stage.nemesis.dieAt(failpoint, reachedWithinMs)).toBe(true);
    // At least one slot of every check falls into this.
    await Bun.sleep(1_200);
    await stage.nemesis.kill();
    stage.world.endOutages();
    writing.abort();
    await written;
    await stage.endOfOutages();
    expect(violations(await stage.history(2_000)).join("\n")).toMatch(caughtAs);
  }, 90_000);
});

/** Down for six seconds, up for six, each at its own time, so that something begins or ends every few moments. */
async function addFlapping(stage: Stage, count: number): Promise<void> {
  const periodMs = 12_000;
  const fromMs = Date.now();
  for (let i = 0; i < count; i++) {
    const target = `target-${i}`;
    await stage.addCheck(target, ["pager"]);
    const first = fromMs + (i * periodMs) / count;
    stage.world.plan(Array.from({ length: 200 }, (_, n) => ({ target, fromMs: first + n * periodMs, toMs: first + n * periodMs + periodMs / 2 })));
  }
}

/** Of every layer; a shared store and the copying of one have tests of their own that die there. */
function failpointNames(): string[] {
  const src = join(import.meta.dir, "..");
  const files = readdirSync(src, { recursive: true, withFileTypes: true }).filter(({ name, parentPath }) => name.endsWith(".ts") && /\/src\/(app|ports|roles|adapters)/.test(parentPath));
  const names = (some: typeof files) => some.flatMap(({ name, parentPath }) => [...readFileSync(join(parentPath, name), "utf8").matchAll(/\bfailpoint\("([a-z_]+)"/g)].map(([, point]) => point!));
  const isElsewhere = ({ name, parentPath }: (typeof files)[number]) => /adapters\/(postgres|rabbitmq|nats)|roles\/cli/.test(parentPath) || name === "queue_outbox.ts";
  return [...new Set(names(files.filter((file) => !isElsewhere(file))))].toSorted();
}
