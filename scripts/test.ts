/**
 * `npm test`: builds the executable, checks the code and runs every test, those of the adapters against throw-away servers.
 * Closes with what was not run and why, and with the line "N passed, N failed". `npm test -- src/kernel` runs the tests below one
 * folder only.
 *
 * Many tests run clusters, kill processes and measure times, two at once on a machine that may be small and busy. A file in which a test
 * fails is run once more by itself: what passes then is counted as passed, and named as unstable, for somebody to look at.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.ts";
import { startServices } from "./services.ts";

const only = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "uptimeping-test-"));
/** When more files fail than this, it is not for want of quiet. */
const mostAgain = 8;
let failedSteps = 0;

// The slowest takes several seconds to start, which the checks and builds take too.
const starting = startServices();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(130));

if (only.length === 0) {
  failedSteps += (await run(["bun", "scripts/lint.ts"])) === 0 ? 0 : 1;
}
if ((await run(["bun", "scripts/build.ts", "--if-changed"])) !== 0) await stop(1);
if ((await run(["bun", "scripts/build.ts", "--if-changed", "--failpoints"])) !== 0) await stop(1);

const paths = only.length > 0 ? only.map((path) => `./${path.replace(/^\.\//, "")}`) : ["./src", "./web", "./scripts"];
const services = await starting;
let { code, tests } = await runTests(paths, "--parallel", "--dots");
const again = new Set(tests.flatMap(({ outcome, file }) => (outcome === "failed" ? [`./${file}`] : [])));
if (again.size > 0 && again.size <= mostAgain) {
  console.log(`\nonce more, by themselves: ${[...again].join(", ")}`);
  const second = await runTests([...again]);
  for (const { name, file } of tests.filter(({ outcome }) => outcome === "failed")) {
    if (second.tests.some((test) => test.name === name && test.file === file && test.outcome === "passed")) console.log(`unstable: ${name} (${file})`);
  }
  code = second.code;
  tests = [...tests.filter(({ file }) => !again.has(`./${file}`)), ...second.tests];
}

const named = (outcome: Test["outcome"]) => tests.filter((test) => test.outcome === outcome).map(({ name }) => name);
const [passed, failed, skipped] = [named("passed").length, named("failed").length, named("skipped")];
rmSync(folder, { recursive: true, force: true });
for (const name of skipped) console.log(`not run: ${name}`);
for (const line of services.missing) console.log(`not run: what needs ${line}`);
// In CI everything that there is to run is run.
if (process.env["CI"]) failedSteps += services.missing.length;
if (chromium() === "") console.log("not run: the browser tests, because no Chromium was found (Debian: apt-get install chromium)");
// A file that fails to load counts no test, so the exit code has a say too.
const broken = failed + failedSteps + (code !== 0 && failed === 0 ? 1 : 0);
console.log(`${passed} passed, ${broken} failed`);
await stop(broken === 0 && passed > 0 ? 0 : 1);

async function stop(exitCode: number): Promise<never> {
  await (await starting).stop();
  process.exit(exitCode);
}

function chromium(): string {
  return [process.env["CHROMIUM"] ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path !== "" && existsSync(path)) ?? "";
}

interface Test {
  name: string;
  file: string;
  outcome: "passed" | "failed" | "skipped";
}

async function runTests(files: string[], ...flags: string[]): Promise<{ code: number; tests: Test[] }> {
  const report = join(folder, `junit-${flags.length}.xml`);
  const code = await run(["bun", "test", ...flags, "--timeout=60000", "--reporter=junit", `--reporter-outfile=${report}`, ...files], { env: { CHROMIUM: chromium(), ...services.env } });
  const xml = existsSync(report) ? readFileSync(report, "utf8") : "";
  const cases = [...xml.matchAll(/<testcase name="([^"]*)"[^>]*? file="([^"]*)"[^>]*?(\/>|>([\s\S]*?)<\/testcase>)/g)];
  return { code, tests: cases.map(([, name = "", file = "", , body = ""]) => ({ name, file, outcome: /<failure|<error/.test(body) ? "failed" : body.includes("<skipped") ? "skipped" : "passed" })) };
}
