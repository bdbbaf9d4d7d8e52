/**
 * Builds dist/uptimeping: one file with everything in it. `--if-changed` does nothing when it is newer than what it is made of.
 * `--target bun-linux-arm64` (and the other targets of Bun) builds for another machine, `--out FILE` elsewhere.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dir, "..");
const { values } = parseArgs({ options: { "if-changed": { type: "boolean" }, target: { type: "string" }, out: { type: "string", default: join(root, "dist/uptimeping") } } });

if (values["if-changed"] && existsSync(values.out) && newestChange() < statSync(values.out).mtimeMs) process.exit(0);

const started = performance.now();
const built = await Bun.build({
  // A worker is an entry of its own, or it is not in the executable.
  entrypoints: [join(root, "src/main.ts"), join(root, "src/roles/core/probe_worker.ts")],
  root,
  target: "bun",
  format: "esm",
  minify: true,
  bytecode: true,
  splitting: true,
  compile: {
    outfile: values.out,
    // What lies in the folder that somebody happens to start it in must not run or configure it.
    autoloadDotenv: false,
    autoloadBunfig: false,
    ...(values.target !== undefined && { target: values.target as Bun.Build.CompileTarget }),
  },
});
for (const log of built.logs) console.error(log.message);
if (!built.success) process.exit(1);
const megabytes = Math.round(statSync(values.out).size / 1e6);
console.log(`built ${values.out} (${megabytes} MB) in ${((performance.now() - started) / 1000).toFixed(1)} s`);

function newestChange(): number {
  const folders = ["src", "web", "migrations", "proto"].map((name) => join(root, name)).filter(existsSync);
  const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
  return Math.max(...[...files, join(root, "package.json"), join(root, "scripts/build.ts")].map((file) => statSync(file).mtimeMs));
}
