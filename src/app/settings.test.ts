import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnyRole } from "#kernel/role";
import { secret, whole } from "#kernel/settings";
import { describeSettings, readSettings, SettingsError, settingsHelp, unknownVariables } from "./settings.ts";

const role = { settings: { speed: whole("how fast it goes", 3, 1, 10), key: secret("what opens it") } } as unknown as AnyRole;

function file(text: string) {
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-"));
  const path = join(dir, "settings.yaml");
  writeFileSync(path, text);
  return { path, [Symbol.dispose]: () => rmSync(dir, { recursive: true }) };
}

function problemsOf(args: string[], env: Record<string, string> = {}): string[] {
  try {
    readSettings([role], args, env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe("a setting", () => {
  test("comes from its default, the file, the environment or a flag; what comes later wins, and says where from", () => {
    using settings = file("speed: 4\n");
    const env = { UPTIMEPING_SPEED: "5" };
    const read = (args: string[], variables: Record<string, string>) => {
      const { values, given } = readSettings([role], args, variables);
      return [values["speed"], given.get("speed")];
    };
    expect(read([], {})).toEqual([3, undefined]);
    expect(read(["--config", settings.path], {})).toEqual([4, `${settings.path}:1`]);
    expect(read(["--config", settings.path], env)).toEqual([5, "UPTIMEPING_SPEED"]);
    expect(read(["--config", settings.path, "--speed", "6"], env)).toEqual([6, "--speed"]);
    expect(read([], { UPTIMEPING_CONFIG: settings.path })).toEqual([4, `${settings.path}:1`]);
  });

  test("is given to a flag with a space or with =", () => {
    expect(readSettings([role], ["--speed=7", "--log-level", "warn"], {})).toMatchObject({ values: { speed: 7 }, process: { logLevel: "warn" } });
  });

  test("may be a list in the file", () => {
    using settings = file("egress-allow:\n  - 10.0.0.0/8\n  - 192.168.0.0/16\n");
    expect(readSettings([role], ["--config", settings.path], {}).process.egressAllow).toEqual(["10.0.0.0/8", "192.168.0.0/16"]);
  });
});

describe("what is wrong", () => {
  test("is a grant that names no tenant, no network, or one that no grant opens", () => {
    const tenant = "ten_01J9Z3K8Q4V7N2M5R6T8W0X1Y2";
    const allowed = `entries such as ${tenant}=10.1.0.0/16, separated by commas; metadata, link-local and reserved networks only open with egress-allow`;
    for (const wrong of ["10.1.0.0/16", "ten_x=10.1.0.0/16", `${tenant}=10.1.0.0/40`, `${tenant}=169.254.169.254/32`]) {
      expect(problemsOf(["--egress-grants", wrong])).toEqual([`egress-grants: "${wrong}" is not ${allowed} (--egress-grants)`]);
    }
    expect(problemsOf(["--egress-grants", `${tenant}=10.1.0.0/16, ${tenant}=fd00:1::/48`])).toEqual([]);
  });

  test("is told all at once, each with its place, its value and what would be right", () => {
    using settings = file("# ours\nsped: 4\nhttp:\n  port: 1\nhealth-port: 70000\n");
    expect(problemsOf(["--config", settings.path, "--spead", "9", "--speed", "11"], { UPTIMEPING_LOG_LEVEL: "loud" })).toEqual([
      "--spead: no such setting; did you mean --speed?",
      `sped: no such setting; did you mean speed? (${settings.path}:2)`,
      `http: no such setting (${settings.path}:3)`,
      `health-port: "70000" is not a port from 0 to 65535, where 0 picks a free one (${settings.path}:5)`,
      'log-level: "loud" is not one of debug, info, warn, error, silent (UPTIMEPING_LOG_LEVEL)',
      'speed: "11" is not a whole number from 1 to 10 (--speed)',
    ]);
  });

  test("of Redis and of traces is told without what may be secret", () => {
    expect(problemsOf(["--redis-url", "localhost:6379/hunter2", "--otlp-url", "collector:4318", "--otlp-headers", "hunter2", "--trace-ratio", "1.5"])).toEqual([
      "redis-url: the value is not redis://… or rediss://… (--redis-url)",
      'otlp-url: "collector:4318" is not an http or https URL (--otlp-url)',
      "otlp-headers: the value is not name=value, separated by commas (--otlp-headers)",
      'trace-ratio: "1.5" is not a number from 0 to 1 (--trace-ratio)',
    ]);
    for (const ratio of ["0", "1", "0.01", ".5", "1.0"]) expect(problemsOf(["--trace-ratio", ratio])).toEqual([]);
    expect(problemsOf(["--redis-url", "rediss://user:pass@redis.example:6380/2", "--otlp-url", "https://collector.example/otlp", "--otlp-headers", "authorization=Basic dXNlcjpwYXNz==, x-org=1"])).toEqual([]);
  });

  test("in the syntax of the file is told with its line, and a file that is not there by its name", () => {
    using settings = file("speed: 4\n  nested: [\n");
    expect(problemsOf(["--config", settings.path])[0]).toStartWith(`${settings.path}:`);
    expect(problemsOf(["--config", "/nowhere/settings.yaml"])[0]).toStartWith('config: "/nowhere/settings.yaml" cannot be read: ');
    using list = file("- speed\n");
    expect(problemsOf(["--config", list.path])).toEqual([`${list.path}: a list of "name: value" lines was expected`]);
  });

  test("never shows the value of a secret", () => {
    using settings = file("key:\n  nested: hunter2\n");
    expect(problemsOf(["--config", settings.path]).join("")).not.toContain("hunter2");
    const shown = describeSettings([role], readSettings([role], ["--key", "hunter2"], {}), false);
    expect(shown).toContain("key: ***  # --key");
    expect(shown).not.toContain("hunter2");
  });

  test("about a flag without a value is told", () => {
    expect(problemsOf(["--speed"])).toEqual(["speed: nothing was given; it takes a whole number from 1 to 10 (--speed)"]);
  });
});

test("what differs from its default can be shown alone", () => {
  const shown = describeSettings([role], readSettings([role], [], { UPTIMEPING_SPEED: "5" }), true);
  expect(shown).toBe("speed: 5  # UPTIMEPING_SPEED\n  # default: 3\n");
});

test("every setting has a line of help with its default", () => {
  expect(settingsHelp([role])).toMatch(/--speed +how fast it goes \[3\]\n/);
});

test("a variable that looks like ours and is not is found; those of the client are known", () => {
  expect(unknownVariables([role], { UPTIMEPING_SPED: "1", UPTIMEPING_SPEED: "1", UPTIMEPING_API_KEY: "k", PATH: "/" })).toEqual(["UPTIMEPING_SPED"]);
});
