/**
 * The bare probe loop: runs one after the other without schedule, store, incidents or API. What the product takes above it
 * is what the rest of the pipeline costs. Run as a program of its own, so that its CPU is counted alone.
 */
import { create } from "@bufbuild/protobuf";
import { AssertionSchema, CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { systemClock } from "#kernel/clock";
import { prepareCheck, type RunEnvironment, startRun } from "../../src/roles/core/run.ts";
import { lineOf } from "./processes.ts";
import { addresses } from "./target.ts";

export interface LoopFigures {
  checks: number;
  failed: number;
  seconds: number;
  cpuSeconds: number;
}

const atOnce = 200;
const warmUpMs = 1_000;

export async function runRawLoop(port: number, seconds: number): Promise<LoopFigures> {
  const child = Bun.spawn([process.execPath, import.meta.path, String(port), String(seconds)], { stdout: "pipe", stderr: "inherit" });
  const line = await lineOf(child.stdout);
  await child.exited;
  return JSON.parse(line) as LoopFigures;
}

function loop(port: number, seconds: number): void {
  const environment: RunEnvironment = {
    clock: systemClock,
    egress: { allow: [], deny: [], own: [] },
    privateAllowed: true,
    descriptors: () => Promise.reject(new Error("HTTP needs none")),
  };
  const prepared = addresses.map((address) =>
    prepareCheck(
      create(CheckSchema, {
        id: "chk_raw",
        type: "http",
        target: { url: `http://${address}:${port}/health` },
        assertions: [create(AssertionSchema, { source: "status", op: "eq", valueJson: "200" })],
        timeoutMs: 10_000,
      }),
    ),
  );
  let checks = 0;
  let failed = 0;
  let next = 0;
  const one = () => {
    startRun(prepared[next++ % prepared.length]!, environment, (run) => {
      checks++;
      if (run.status !== "up") failed++;
      // Not from within the end of the last run: its socket is to be closed first.
      queueMicrotask(one);
    });
  };
  for (let i = 0; i < atOnce; i++) one();
  setTimeout(() => {
    checks = 0;
    failed = 0;
    const cpu = process.cpuUsage();
    const start = performance.now();
    setTimeout(() => {
      const { user, system } = process.cpuUsage(cpu);
      const figures: LoopFigures = { checks, failed, seconds: (performance.now() - start) / 1_000, cpuSeconds: (user + system) / 1e6 };
      console.log(JSON.stringify(figures));
      process.exit(0);
    }, seconds * 1_000);
  }, warmUpMs);
}

if (import.meta.main) loop(Number(process.argv[2]), Number(process.argv[3]));
