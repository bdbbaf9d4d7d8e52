/**
 * The bare probe loop: runs one after the other without schedule, store, incidents or API. What the product takes above it
 * is what the rest of the pipeline costs. Run as a program of its own, so that its CPU is counted alone.
 */
import { create } from "@bufbuild/protobuf";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { systemClock } from "#kernel/clock";
import { parseCheckDocument } from "#ports/check_document";
import { messageOfDocument } from "../../src/roles/config/document.ts";
import { prepareCheck, startRun, type PreparedCheck, type RunEnvironment } from "../../src/roles/core/run.ts";
import { addresses } from "./addresses.ts";
import { kinds, type CheckInput, type KindName } from "./kinds.ts";
import { pinned } from "./machine.ts";
import type { Targets } from "./targets.ts";

export interface LoopFigures {
  checks: number;
  failed: number;
  seconds: number;
  cpuSeconds: number;
}

const atOnce = 200;
/** As the product's scheduler. */
const tickMs = 5;

/** As fast as it can with 200 in flight, or paced. Undefined for a kind that cannot be run at all. */
export async function runRawLoop(targets: Targets, kind: KindName, seconds: number, perSecond = 0): Promise<LoopFigures | undefined> {
  const documents = addresses.map((address) => kinds[kind].check(address, targets));
  const child = Bun.spawn(pinned("client", [process.execPath, import.meta.path, String(seconds), String(perSecond)]), {
    stdin: new Blob([JSON.stringify(documents)]),
    stdout: "pipe",
    stderr: "inherit",
  });
  const text = await new Response(child.stdout).text();
  return (JSON.parse(text) as LoopFigures | null) ?? undefined;
}

export const bareEnvironment: RunEnvironment = {
  clock: systemClock,
  egress: { allow: [], deny: [], own: [] },
  privateAllowed: true,
  descriptors: () => Promise.reject(new Error("no stored protos here")),
};

export function prepared(document: CheckInput): PreparedCheck {
  const parsed = parseCheckDocument({ retries: 0, ...document });
  if (!parsed.ok) throw new Error(`${document.name}: ${parsed.fields.map(({ pointer, message }) => `${pointer} ${message}`).join(", ")}`);
  return prepareCheck(create(CheckSchema, { ...messageOfDocument(parsed.check), id: "chk_raw" }));
}

/** Starts what is due at each tick, as many as the time since the first one asks for. */
function pace(one: () => void, perSecond: number): void {
  const first = performance.now();
  let started = 0;
  setInterval(() => {
    for (const due = ((performance.now() - first) * perSecond) / 1_000; started < due; started++) one();
  }, tickMs);
}

/** Gives the figures of the last `seconds`; before it the compiler gets half as long to warm up. */
async function loop(checks: PreparedCheck[], seconds: number, perSecond: number): Promise<LoopFigures> {
  let done = 0;
  let failed = 0;
  let next = 0;
  const one = () => {
    startRun(checks[next++ % checks.length]!, bareEnvironment, (run) => {
      done++;
      if (run.status !== "up") failed++;
      // Not from within the end of the last run: its socket is to be closed first.
      if (perSecond === 0) queueMicrotask(one);
    });
  };
  if (perSecond === 0) for (let i = 0; i < atOnce; i++) one();
  else pace(one, perSecond);
  await Bun.sleep(seconds * 500);
  done = 0;
  failed = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  await Bun.sleep(seconds * 1_000);
  const { user, system } = process.cpuUsage(cpu);
  return { checks: done, failed, seconds: (performance.now() - start) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

if (import.meta.main) {
  const checks = (JSON.parse(await Bun.stdin.text()) as CheckInput[]).map(prepared);
  const cannot = checks.find(({ problem }) => problem)?.problem;
  if (cannot) console.error(cannot.message);
  console.log(JSON.stringify(cannot ? null : await loop(checks, Number(process.argv[2]), Number(process.argv[3]))));
  process.exit(0);
}
