/**
 * The wall clock of the product set forward and back while it runs, by libfaketime (Debian: `libfaketime`). The clocks that only
 * go forward stay as they are, as they do when an administrator or NTP sets the time.
 */
import { expect } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { History, WatchedCheck } from "../testing/faults/history.ts";
import { repeated } from "../testing/faults/slot_rules.ts";
import { startStage, type Stage } from "../testing/faults/stage.ts";
import { testUnless } from "../testing/needs_service.ts";
import { eventually } from "../testing/start_product.ts";

const library = ["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`).find(existsSync);
const hour = 3_600;
/** Seconds that the clock is wrong by, one after the other. */
const offsets = [hour, 0, -hour, 0, 24 * hour, 0, -24 * hour, 0];
const checks = 6;

testUnless(library === undefined ? "no libfaketime was found (Debian: apt-get install libfaketime)" : "", "the clock is set by an hour and a day, forward and back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "uptimeping-clock-"));
  const file = join(folder, "offset");
  // Replaced at one stroke by the next write of so few bytes.
  const setClock = (offsetS: number) => writeFileSync(file, `${offsetS < 0 ? "" : "+"}${offsetS}s\n`);
  setClock(0);
  const env = { LD_PRELOAD: library!, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1", DONT_FAKE_MONOTONIC: "1" };
  await using stage = await startStage({ env });
  await stage.addChannel("pager");
  for (let i = 0; i < checks; i++) await stage.addCheck(`target-${i}`, ["pager"]);
  await everyTargetIsAsked(stage);
  for (const offset of offsets) {
    setClock(offset);
    await everyTargetIsAsked(stage);
  }

  // It still sees an outage at once, and its end.
  const fromMs = Date.now();
  stage.world.plan([{ target: "target-0", fromMs, toMs: fromMs + 3_000 }]);
  await eventually("the outage is told, and that it is over", () => stage.sink.journal.map(({ eventType }) => eventType), (types) => types.length === 2);
  expect(stage.sink.journal.map(({ eventType }) => eventType)).toEqual(["incident.opened", "incident.resolved"]);

  // Slots that lie in what is the future again are shown once their time has come.
  setClock(48 * hour);
  await stage.nemesis.kill();
  await everyTargetIsAsked(stage);
  const wrongIn = ({ checks }: History) => checks.flatMap((check) => wrongSlots(check).map((wrong) => `check ${check.id}: ${wrong}`));
  const history = await stage.history(20_000, wrongIn);
  expect(wrongIn(history)).toEqual([]);
  const reasons = new Set(history.checks.flatMap(({ missed }) => missed.map(({ reason }) => reason)));
  expect(reasons).toContain("clock_jump");
  expect(history.checks.flatMap(({ results }) => results).filter(({ latencyMs }) => latencyMs < 0 || latencyMs > 10_000)).toEqual([]);
  rmSync(folder, { recursive: true });
}, 120_000);

/** From a moment on by when a request that was under way has come. */
async function everyTargetIsAsked({ world }: Stage): Promise<void> {
  const fromMs = Date.now() + 100;
  const asked = () => world.requests.filter(({ atMs }) => atMs > fromMs).map(({ target }) => target);
  await eventually("every target is asked", asked, (targets) => new Set(targets).size === checks);
}

/** Each slot of the grid once, from the first to the last; runs of a time that came twice lie beside it, each at its own. */
function wrongSlots({ results, missed, everyMs }: WatchedCheck): string[] {
  const slots = results.map(({ slotMs }) => slotMs);
  const gaps = missed.flatMap(({ firstSlotMs, count }) => Array.from({ length: count }, (_, i) => firstSlotMs + i * everyMs));
  const phase = gaps[0]! % everyMs;
  const grid = [...slots.filter((slot) => slot % everyMs === phase), ...gaps].toSorted((a, b) => a - b);
  const holes = grid.filter((slot, i) => i > 0 && slot - grid[i - 1]! !== everyMs);
  return [...repeated(slots).map((slot) => `${slot} ran twice`), ...repeated(grid).map((slot) => `${slot} is there twice`), ...holes.map((slot) => `nothing is known of the slots before ${slot}`)];
}
