/**
 * `npm test`: builds the executable, checks the code and runs every test. Closes with what was not run and why, and with the
 * line "N passed, N failed". `npm test -- src/kernel` runs the tests below one folder only.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./run.ts";

const only = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "uptimeping-test-"));
const report = join(folder, "junit.xml");
let failedSteps = 0;

if (only.length === 0) {
  failedSteps += (await run(["bun", "scripts/lint.ts"])) === 0 ? 0 : 1;
}
if ((await run(["bun", "scripts/build.ts", "--if-changed"])) !== 0) process.exit(1);

const paths = only.length > 0 ? only.map((path) => `./${path.replace(/^\.\//, "")}`) : ["./src", "./web"];
const code = await run(["bun", "test", "--parallel", "--reporter=junit", `--reporter-outfile=${report}`, "--dots", ...paths], { env: { CHROMIUM: chromium() } });

const { passed, failed, skipped } = counts();
rmSync(folder, { recursive: true, force: true });
for (const name of skipped) console.log(`not run: ${name}`);
if (chromium() === "") console.log("not run: the browser tests, because no Chromium was found (Debian: apt-get install chromium)");
// A file that fails to load counts no test, so the exit code has a say too.
const broken = failed + failedSteps + (code !== 0 && failed === 0 ? 1 : 0);
console.log(`${passed} passed, ${broken} failed`);
process.exit(broken === 0 && passed > 0 ? 0 : 1);

function chromium(): string {
  return [process.env["CHROMIUM"] ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path !== "" && existsSync(path)) ?? "";
}

function counts(): { passed: number; failed: number; skipped: string[] } {
  const xml = existsSync(report) ? readFileSync(report, "utf8") : "";
  const cases = [...xml.matchAll(/<testcase name="([^"]*)"[^>]*?(\/>|>([\s\S]*?)<\/testcase>)/g)];
  const failed = cases.filter(([, , , body]) => body?.includes("<failure") || body?.includes("<error"));
  const skipped = cases.filter(([, , , body]) => body?.includes("<skipped"));
  return { passed: cases.length - failed.length - skipped.length, failed: failed.length, skipped: skipped.map(([, name]) => name!) };
}
