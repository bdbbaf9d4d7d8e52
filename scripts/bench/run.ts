/**
 * The whole product under load, from the built executable, with each figure beside its goal.
 * `npm run bench -- --checks 5000 --every 1s --seconds 30`; `--dir` says on which disk, `--strict` fails on missed slots too.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { parseDuration } from "#kernel/settings";
import { growth, percentile, quantile, syncMs, usageOf } from "./figures.ts";
import { eachOf } from "./processes.ts";
import { firstAnswerMs, type Product, startProduct } from "./product.ts";
import { type LoopFigures, runRawLoop } from "./raw_loop.ts";
import { type Figure, meets, printReport } from "./report.ts";
import { addresses, startTarget, type Target } from "./target.ts";
import { prepareFlips } from "./webhook.ts";
import { runWrk } from "./wrk.ts";

const { values: flags } = parseArgs({
  options: {
    "checks": { type: "string", default: "1000" },
    "every": { type: "string", default: "1s" },
    "seconds": { type: "string", default: "20" },
    "warm-up": { type: "string", default: "10" },
    "raw-seconds": { type: "string", default: "5" },
    "flips": { type: "string", default: "5" },
    "starts": { type: "string", default: "7" },
    "executable": { type: "string", default: "dist/uptimeping" },
    "dir": { type: "string", default: tmpdir() },
    "no-restart": { type: "boolean", default: false },
    "strict": { type: "boolean", default: false },
  },
});

const checks = Number(flags.checks);
const everyMs = parseDuration(flags.every) ?? Number.NaN;
const seconds = Number(flags.seconds);
const executable = resolve(flags.executable);
const wantedRate = (checks * 1_000) / everyMs;
/** A restart is verified check by check through the API; above this many, on so many of them. */
const restartSample = 5_000;

if (!(wantedRate > 0) || !(seconds > 0)) fail("give --checks a number, --every a duration such as 10s, --seconds a number");
if (!existsSync(executable)) fail(`${executable} does not exist: run npm run build first`);

const workDir = mkdtempSync(join(flags.dir, "uptimeping-bench-"));
try {
  process.exitCode = await bench();
} finally {
  rmSync(workDir, { recursive: true, force: true });
}

async function bench(): Promise<number> {
  const target = await startTarget(workDir);
  try {
    const figures: Figure[] = [...(await measureStarts())];
    const dataDir = folder("data");
    let product = await startProduct({ executable, dataDir });
    try {
      say("outages on an idle product");
      const flips = await prepareFlips(product);
      const idle = await flips.measure(Number(flags.flips));
      say(`creating ${checks} checks`);
      const { ids, perSecond } = await createChecks(product, target);
      await Bun.sleep(Number(flags["warm-up"]) * 1_000 + Math.min(everyMs, 60_000));
      say(`measuring for ${seconds} s`);
      const load = await measureLoad(product, target, dataDir);
      say("outages under load");
      const busy = await flips.measure(Number(flags.flips));
      await flips.stop();
      figures.push(...load.figures, ...outageFigures(idle, busy), { name: "checks created through the API", value: perSecond, unit: "/s", digits: 0 });
      if (!flags["no-restart"]) {
        say("restarting");
        const stopMs = await product.stop();
        product = await startProduct({ executable, dataDir });
        figures.push({ name: "stop on SIGTERM", value: stopMs, unit: "ms", digits: 0, goal: { atMost: 25_000 } }, ...(await measureRestart(product, ids)));
      }
      await product.stop();
      figures.push(...(await measureLoops(target, load.cpuPerCheck)));
    } catch (error) {
      process.kill(product.pid, "SIGKILL");
      throw error;
    }
    printReport(`${checks} HTTP checks every ${flags.every}, a new connection each, target in ${target.kind} on the same machine`, figures);
    return verdict(figures);
  } finally {
    await target.stop();
  }
}

async function measureStarts(): Promise<Figure[]> {
  say("starting from nothing");
  const times: number[] = [];
  for (let i = 0; i < Number(flags.starts); i++) times.push(await firstAnswerMs({ executable, dataDir: folder(`start-${i}`) }));
  const product = await startProduct({ executable, dataDir: folder("idle") });
  await Bun.sleep(2_000);
  const { rssBytes } = usageOf(product.pid);
  await product.stop();
  return [
    { name: "one durable write on this disk, p50, before any load", value: syncMs(workDir), unit: "ms", digits: 2 },
    { name: "cold start to the first API answer, p50", value: percentile(times, 0.5), unit: "ms", digits: 0, goal: { atMost: 150 } },
    { name: "RSS idle", value: rssBytes / 1e6, unit: "MB", digits: 0, goal: { atMost: 90 } },
  ];
}

async function createChecks(product: Product, target: Target): Promise<{ ids: string[]; perSecond: number }> {
  const ids: string[] = [];
  const started = performance.now();
  await eachOf(Array.from({ length: checks }, (_, i) => i), 16, async (i) => {
    const { id } = await product.api<{ id: string }>("POST", "/checks", {
      name: `Check ${i}`,
      type: "http",
      target: { url: `http://${addresses[i % addresses.length]}:${target.port}/health` },
      assertions: [{ source: "status", op: "eq", value: 200 }],
      schedule: { every: flags.every },
    });
    ids.push(id);
  });
  return { ids, perSecond: (checks * 1_000) / (performance.now() - started) };
}

async function measureLoad(product: Product, target: Target, dataDir: string): Promise<{ figures: Figure[]; cpuPerCheck: number }> {
  const sample = async () => ({ at: performance.now(), metrics: await product.metrics(), usage: usageOf(product.pid), target: usageOf(target.pid), stored: storedBytes(dataDir) });
  const before = await sample();
  await Bun.sleep(seconds * 1_000);
  const after = await sample();

  const results = growth(before.metrics, after.metrics, "uptimeping_results_total");
  const rate = (results * 1_000) / (after.at - before.at);
  const cpu = after.usage.cpuSeconds - before.usage.cpuSeconds;
  const lagMs = (share: number) => 1_000 * quantile(before.metrics, after.metrics, "uptimeping_schedule_lag_seconds", share);
  const perResult = (bytes: "fileBytes" | "diskBytes") => (after.usage[bytes] - before.usage[bytes]) / results;
  return {
    cpuPerCheck: cpu / results,
    figures: [
      { name: `results stored, of ${Math.round(wantedRate)} wanted`, value: rate, unit: "/s", digits: 0, goal: { atLeast: wantedRate * 0.99 } },
      { name: "missed slots", value: growth(before.metrics, after.metrics, "uptimeping_missed_slots_total"), unit: "", digits: 0, goal: { atMost: 0 }, decides: flags.strict },
      { name: "schedule lag p50", value: lagMs(0.5), unit: "ms" },
      { name: "schedule lag p99", value: lagMs(0.99), unit: "ms", goal: { atMost: wantedRate <= 5_000 ? 5 : 1_000 } },
      { name: "CPU per 1000 checks, all threads and children", value: (1_000 * cpu) / results, unit: "s", digits: 3, goal: { atMost: wantedRate >= 1_000 ? 0.1 : 0.3 } },
      { name: "of it on the main thread", value: (1_000 * (after.usage.mainThreadSeconds - before.usage.mainThreadSeconds)) / results, unit: "s", digits: 3 },
      { name: "CPU of the target per 1000 checks, not counted above", value: (1_000 * (after.target.cpuSeconds - before.target.cpuSeconds)) / results, unit: "s", digits: 3 },
      { name: "RSS", value: after.usage.rssBytes / 1e6, unit: "MB", digits: 0, goal: { atMost: 1_074 } },
      { name: "written to files per result", value: perResult("fileBytes"), unit: "B", digits: 0, goal: { atMost: 150 } },
      { name: "written to the disk per result", value: perResult("diskBytes"), unit: "B", digits: 0 },
      { name: "growth of the store per result, its log included", value: (after.stored - before.stored) / results, unit: "B", digits: 0 },
    ],
  };
}

function outageFigures(idle: number[], busy: number[]): Figure[] {
  const wanted = idle.length > 0 ? "" : " (none told)";
  return [
    { name: `first failing answer to webhook, idle, p50 of ${idle.length}${wanted}`, value: percentile(idle, 0.5), unit: "ms", goal: { atMost: 5 } },
    { name: `first failing answer to webhook, idle, p99 of ${idle.length}`, value: percentile(idle, 0.99), unit: "ms" },
    { name: `first failing answer to webhook, under load, p50 of ${busy.length}`, value: percentile(busy, 0.5), unit: "ms" },
    { name: `first failing answer to webhook, under load, p99 of ${busy.length}`, value: percentile(busy, 0.99), unit: "ms", goal: { atMost: 50 } },
  ];
}

/** Every check must have started once within one interval after the product was ready. Asked from what it stored. */
async function measureRestart(product: Product, ids: string[]): Promise<Figure[]> {
  await Bun.sleep(Math.max(0, product.readyAt + everyMs - Date.now()) + 3_000);
  const sample = ids.slice(0, restartSample);
  const query = new URLSearchParams({ from: new Date(product.startedAt).toISOString(), to: new Date(product.readyAt + 3 * everyMs).toISOString(), limit: "50" });
  const firstAfterMs: number[] = [];
  await eachOf(sample, 16, async (id) => {
    const { items } = await product.api<{ items: { startedAt: string }[] }>("GET", `/checks/${id}/results?${query}`);
    const starts = items.map((result) => Date.parse(result.startedAt)).filter((at) => at >= product.startedAt);
    if (starts.length > 0) firstAfterMs.push(Math.min(...starts) - product.readyAt);
  });
  const inTime = firstAfterMs.filter((ms) => ms <= everyMs).length;
  return [
    { name: `ready again with ${ids.length} checks`, value: product.readyMs, unit: "ms", digits: 0, goal: { atMost: 500 } },
    { name: `checks that ran within ${flags.every} of it, of ${sample.length}`, value: inTime, unit: "", digits: 0, goal: { atLeast: sample.length } },
    { name: "the last of them", value: Math.max(...firstAfterMs), unit: "ms", digits: 0, goal: { atMost: everyMs } },
  ];
}

async function measureLoops(target: Target, productCpu: number): Promise<Figure[]> {
  const forSeconds = Number(flags["raw-seconds"]);
  say("the raw probe loop");
  const raw = await runRawLoop(target.port, forSeconds);
  say("wrk");
  const wrk = await runWrk(target.port, forSeconds);
  const cpuOf = (loop: LoopFigures | undefined) => (loop ? loop.cpuSeconds / loop.checks : Number.NaN);
  if (raw.failed > 0) console.error(`the raw loop saw ${raw.failed} of ${raw.checks} runs fail`);
  // The loop runs flat out. A product that mostly sleeps pays for each waking, so at low rates the ratio says nothing.
  const comparable = wantedRate >= 5_000;
  return [
    { name: "raw probe loop", value: raw.checks / raw.seconds, unit: "/s", digits: 0 },
    { name: "raw probe loop, CPU per check", value: 1e6 * cpuOf(raw), unit: "µs" },
    { name: "wrk -t1 -c200, Connection: close, CPU per request", value: 1e6 * cpuOf(wrk), unit: "µs" },
    { name: "whole product, CPU per check", value: 1e6 * productCpu, unit: "µs" },
    { name: "product in CPU terms of the raw loop", value: (100 * cpuOf(raw)) / productCpu, unit: "%", goal: comparable ? { atLeast: 80 } : undefined, decides: true },
    { name: "raw loop in CPU terms of wrk", value: (100 * cpuOf(wrk)) / cpuOf(raw), unit: "%", goal: { atLeast: 60 }, decides: true },
  ];
}

function verdict(figures: Figure[]): number {
  const missed = figures.filter((figure) => meets(figure) === false);
  const decisive = missed.filter((figure) => figure.decides);
  console.log(`${figures.filter(meets).length} goals met, ${missed.length} missed${decisive.length > 0 ? `; this fails the run: ${decisive.map(({ name }) => name).join(", ")}` : ""}`);
  return decisive.length > 0 ? 1 : 0;
}

function storedBytes(dataDir: string): number {
  return ["", "-wal"].reduce((sum, ending) => sum + (statSync(join(dataDir, `uptimeping.db${ending}`), { throwIfNoEntry: false })?.size ?? 0), 0);
}

function folder(name: string): string {
  const path = join(workDir, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function say(what: string): void {
  console.error(`… ${what}`);
}

function fail(message: string): never {
  console.error(`bench: ${message}`);
  process.exit(2);
}
