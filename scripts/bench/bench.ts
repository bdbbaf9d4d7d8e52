/** What every scenario is given. */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Program } from "./compile.ts";
import type { CheckInput } from "./kinds.ts";
import { startProduct, type Product } from "./product.ts";
import type { Figure } from "./report.ts";
import { seedChecks } from "./store.ts";
import { addresses } from "./addresses.ts";
import type { Targets } from "./targets.ts";

export interface Bench {
  executable: string;
  workDir: string;
  /** A data directory as the product leaves it after its first start; to be copied. */
  ownedDir: string;
  targets: Targets;
  client: Program;
  /** How long each measurement lasts. */
  seconds: number;
  /** How long the product runs before each: its compiler needs tens of thousands of runs until it is done. */
  warmUpSeconds: number;
  /** Only to see that everything works: a hundredth of the checks, once each. */
  isSmoke: boolean;
}

export interface Report {
  title: string;
  figures: Figure[];
}

export interface Scenario {
  what: string;
  /** About how long it takes as it comes. */
  minutes: number;
  run(bench: Bench): Promise<Report>;
}

export function say(what: string): void {
  console.error(`… ${what}`);
}

/** So many, or next to none when only trying. */
export function amount({ isSmoke }: Bench, count: number): number {
  return isSmoke ? Math.max(1, Math.min(count, 20)) : count;
}

export function rounds({ isSmoke }: Bench, count: number): number {
  return isSmoke ? 1 : count;
}

export function folder({ workDir }: Bench, name: string): string {
  const path = join(workDir, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** One document an address in turn. */
export function spread(count: number, documentFor: (address: string, index: number) => CheckInput): CheckInput[] {
  return Array.from({ length: count }, (_, i) => documentFor(addresses[i % addresses.length]!, i));
}

/** A data directory that knows its owner and these checks, which have never run. */
export async function filledFolder(bench: Bench, name: string, documents: CheckInput[], everyMs: number): Promise<string> {
  const dataDir = join(bench.workDir, name);
  cpSync(bench.ownedDir, dataDir, { recursive: true });
  await seedChecks(dataDir, documents, everyMs);
  return dataDir;
}

/** Runs `work` on a product in `dataDir`, which is gone afterwards whatever happens. */
export async function withProduct<T>({ executable }: Bench, dataDir: string, work: (product: Product) => Promise<T>): Promise<T> {
  const product = await startProduct({ executable, dataDir });
  try {
    const result = await work(product);
    await product.stop();
    return result;
  } catch (error) {
    process.kill(product.pid, "SIGKILL");
    throw error;
  }
}
