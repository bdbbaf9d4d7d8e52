/** The units are right by systemd itself, closed as far as it can say, and start what UptimePing understands. */
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings } from "../../src/app/settings.ts";
import { loadRoles, roleNames } from "../../src/roles/index.ts";

const units = ["uptimeping.service", "uptimeping@.service"];
const textOf = (unit: string) => readFileSync(join(import.meta.dir, "systemd", unit), "utf8");
const analyze = Bun.which("systemd-analyze");

test.each(units)("%s gives settings that UptimePing takes, and time to stop", async (unit) => {
  const text = textOf(unit).replaceAll("%i", "core").replaceAll("%S", "/var/lib");
  const [, command = ""] = /^ExecStart=(.*)$/m.exec(text)!;
  const env = Object.fromEntries([...text.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line]) => line!.split(" ").map((entry) => entry.split("=") as [string, string])));
  expect(env["UPTIMEPING_CONFIG"]).toBe("%d/settings.yaml");
  const credentials = [...text.matchAll(/^LoadCredential=([^:]+):/gm)].map(([, name]) => `%d/${name}`);
  expect(Object.values(env).filter((value) => value.startsWith("%d/")).sort()).toEqual(credentials.sort());
  const { process: own } = readSettings(await loadRoles(roleNames), command.split(" ").slice(2), { ...env, UPTIMEPING_CONFIG: "" });
  expect(own.stopTimeout).toBeLessThan(Number(/^TimeoutStopSec=(\d+)$/m.exec(text)![1]));
  expect(text).toMatch(/^Restart=always$/m);
});

test("both units are closed in the same way", () => {
  const closed = (unit: string) => textOf(unit).split("DynamicUser=yes")[1];
  expect(closed(units[1]!)).toBe(closed(units[0]!));
});

if (analyze === null && process.env["CI"] !== "true") test.skip("systemd reads the units: there is no systemd-analyze (Debian: apt-get install systemd)", () => {});
else {
  test("systemd reads the units without a word", () => {
    using folder = readable();
    const { stderr, exitCode } = run(["verify", "--man=no", join(folder.path, "uptimeping.service"), join(folder.path, "uptimeping@core.service")]);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  });

  test("a wrong line would be told", () => {
    using folder = readable("Retsart=always");
    expect(run(["verify", "--man=no", join(folder.path, "uptimeping.service")]).stderr).toContain("Retsart");
  });

  test.each(units)("systemd calls what %s leaves open little", (unit) => {
    using folder = readable();
    // Of 100: an unguarded service has 96.
    expect(run(["security", "--offline=true", "--no-pager", "--threshold=20", join(folder.path, unit)]).exitCode).toBe(0);
  });
}

function run(args: string[]) {
  const { stderr, exitCode } = Bun.spawnSync([analyze ?? "systemd-analyze", ...args], { stdio: ["ignore", "ignore", "pipe"] });
  return { stderr: stderr.toString(), exitCode };
}

/** The units, starting a program that is there. */
function readable(more = ""): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "uptimeping-units-"));
  for (const unit of units) writeFileSync(join(path, unit), textOf(unit).replace("/usr/local/bin/uptimeping", "/bin/true").replace("[Service]", `[Service]\n${more}`));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
