/**
 * Generates src/contracts from proto/. `--check` fails when what is checked in differs from what would be generated, or when a
 * released contract was broken; `--release` makes today's contracts the released ones.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "./run.ts";

const released = "proto/released.binpb";

if (process.argv.includes("--check")) {
  process.exit((await upToDate()) && (await unbroken()) ? 0 : 1);
} else if (process.argv.includes("--release")) {
  process.exit(await run(["buf", "build", "-o", released]));
} else {
  rmSync(join(root, "src/contracts"), { recursive: true, force: true });
  process.exit(await run(["buf", "generate"]));
}

async function upToDate(): Promise<boolean> {
  const fresh = mkdtempSync(join(tmpdir(), "uptimeping-gen-"));
  try {
    if ((await run(["buf", "generate", "--output", fresh])) !== 0) return false;
    const made = join(fresh, "src/contracts");
    const checkedIn = join(root, "src/contracts");
    const names = new Set([...filesOf(made), ...filesOf(checkedIn)]);
    const different = [...names].filter((name) => textOf(made, name) !== textOf(checkedIn, name));
    for (const name of different) console.error(`src/contracts/${name} is not what proto/ says: run "npm run gen"`);
    return different.length === 0;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function unbroken(): Promise<boolean> {
  return (await run(["buf", "lint"])) === 0 && (await run(["buf", "breaking", "--against", released])) === 0;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

function textOf(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch {
    return undefined;
  }
}
