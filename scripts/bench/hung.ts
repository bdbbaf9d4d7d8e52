/** What checks hold on to while their target says nothing. Run as a program of its own, so that its memory is seen alone. */
import { readdirSync } from "node:fs";
import { startRun } from "../../src/roles/core/run.ts";
import { addresses } from "./addresses.ts";
import { httpCheck, type CheckInput } from "./kinds.ts";
import { bareEnvironment, prepared } from "./raw_loop.ts";
import type { Targets } from "./targets.ts";

export interface HungOptions {
  checks: number;
  timeoutMs: number;
}

export interface HungFigures {
  /** Resident memory above that of before, when all hang. */
  bytes: number;
  /** One second after the last deadline. */
  descriptorsLeft: number;
}

export async function runHung(targets: Targets, options: HungOptions): Promise<HungFigures> {
  const documents = addresses.map((address) => ({ ...httpCheck(address, targets, "http_never"), timeoutMs: options.timeoutMs }));
  const child = Bun.spawn([process.execPath, import.meta.path], { stdin: new Blob([JSON.stringify({ documents, options })]), stdout: "pipe", stderr: "inherit" });
  return JSON.parse(await new Response(child.stdout).text()) as HungFigures;
}

async function hang(documents: CheckInput[], { checks, timeoutMs }: HungOptions): Promise<HungFigures> {
  const all = documents.map(prepared);
  const startAll = () => {
    for (let i = 0; i < checks; i++) startRun(all[i % all.length]!, bareEnvironment, () => {});
  };
  const descriptors = () => readdirSync("/proc/self/fd").length;
  // Once before: what the runtime keeps for ever is not held by the second lot.
  startAll();
  await Bun.sleep(timeoutMs + 500);
  Bun.gc(true);
  await Bun.sleep(500);
  const descriptorsBefore = descriptors();
  const before = process.memoryUsage.rss();
  startAll();
  await Bun.sleep(timeoutMs / 2);
  Bun.gc(true);
  const bytes = process.memoryUsage.rss() - before;
  await Bun.sleep(timeoutMs / 2 + 1_000);
  return { bytes, descriptorsLeft: descriptors() - descriptorsBefore };
}

if (import.meta.main) {
  const { documents, options } = JSON.parse(await Bun.stdin.text()) as { documents: CheckInput[]; options: HungOptions };
  console.log(JSON.stringify(await hang(documents, options)));
  process.exit(0);
}
