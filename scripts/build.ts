/**
 * Builds dist/uptimeping: one file with everything in it. `--if-changed` does nothing when it is newer than what it is made of.
 * `--target bun-linux-arm64` (and the other targets of Bun) builds for another machine, `--out FILE` elsewhere. `--failpoints` builds
 * dist/uptimeping-failpoints, which a test can make die at named points or behave wrongly, and which nobody should run for anything else.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { deliberateBugs } from "./deliberate_bugs.ts";

const root = join(import.meta.dir, "..");
const { values } = parseArgs({ options: { "if-changed": { type: "boolean" }, failpoints: { type: "boolean", default: false }, target: { type: "string" }, out: { type: "string" } } });
const outfile = values.out ?? join(root, values.failpoints ? "dist/uptimeping-failpoints" : "dist/uptimeping");

if (values["if-changed"] && existsSync(outfile) && newestChange() < statSync(outfile).mtimeMs) process.exit(0);

const started = performance.now();
const built = await Bun.build({
  // A worker is an entry of its own, or it is not in the executable.
  entrypoints: [join(root, "src/main.ts"), join(root, "src/roles/core/probe_worker.ts"), join(root, "src/roles/core/probes/schema_worker.ts")],
  root,
  target: "bun",
  format: "esm",
  minify: true,
  bytecode: true,
  splitting: true,
  ...(values.failpoints ? { define: { UPTIMEPING_FAILPOINTS: "true" }, plugins: [withBugs()] } : { plugins: [withoutFailpoints()] }),
  compile: {
    outfile,
    // What lies in the folder that somebody happens to start it in must not run or configure it.
    autoloadDotenv: false,
    autoloadBunfig: false,
    ...(values.target !== undefined && { target: values.target as Bun.Build.CompileTarget }),
  },
});
for (const log of built.logs) console.error(log.message);
if (!built.success) process.exit(1);
const megabytes = Math.round(statSync(outfile).size / 1e6);
console.log(`built ${outfile} (${megabytes} MB) in ${((performance.now() - started) / 1000).toFixed(1)} s`);

/** The calls are gone before anything is compiled, and their names with them: an empty function would still be called. */
function withoutFailpoints(): Bun.BunPlugin {
  return {
    name: "without failpoints",
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/](adapters|app|ports|roles)[\\/].*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        return { loader: "ts", contents: text.replaceAll(/\bfailpoint\([^()]*\)/g, "undefined") };
      });
    },
  };
}

/** A bug whose place is no longer found would be a test that proves nothing: then there is no build. */
function withBugs(): Bun.BunPlugin {
  return {
    name: "with deliberate bugs",
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/](adapters|app|ports|roles)[\\/].*\.ts$/ }, ({ path }) => {
        let contents = readFileSync(path, "utf8");
        for (const { name, file, find, replace } of deliberateBugs.filter((bug) => path === join(root, bug.file))) {
          if (contents.split(find).length !== 2) throw new Error(`the deliberate bug "${name}" needs "${find}" exactly once in ${file}`);
          contents = contents.replace(find, () => replace(`(process.env["UPTIMEPING_BUG"] === ${JSON.stringify(name)})`));
        }
        return { loader: "ts", contents };
      });
    },
  };
}

function newestChange(): number {
  const folders = ["src", "web", "migrations", "proto"].map((name) => join(root, name)).filter(existsSync);
  const files = folders.flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
  return Math.max(...[...files, join(root, "package.json"), join(root, "scripts/build.ts")].map((file) => statSync(file).mtimeMs));
}
