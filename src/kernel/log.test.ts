import { describe, expect, test } from "bun:test";
import { createLog, type LogFormat, type LogLevel } from "./log.ts";
import { Secret } from "./settings.ts";

function openLog(format: LogFormat, level: LogLevel = "debug") {
  const lines: string[] = [];
  return { lines, log: createLog({ level, format, now: () => Date.UTC(2026, 0, 1), write: (line) => void lines.push(line) }) };
}

describe.each(["json", "pretty"] as const)("a %s line", (format) => {
  test("never shows a field whose name says it is a secret, nor a Secret under any name, however deep", () => {
    const { log, lines } = openLog(format);
    const hidden = "hunter2";
    log.info("signed in", { password: hidden, apiKey: hidden, "api-key": hidden, deep: { list: [{ Authorization: hidden, cookie: [hidden] }] }, plain: new Secret(hidden) });
    log.child({ token: hidden }).warn("again", { masterKey: hidden });
    expect(lines.join("")).not.toContain(hidden);
    expect(lines.join("")).toContain("***");
  });

  test("is one line whatever its texts hold, and moves no cursor", () => {
    const { log, lines } = openLog(format);
    const hostile = "a\nb\r\u001b[2J\u009b1A\u2028\u2029\u007f\u0000";
    log.error(hostile, { target: hostile, deep: { hostile }, error: new Error(hostile) });
    expect(lines).toHaveLength(1);
    expect(lines[0]!.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    expect(lines[0]!).toContain("\\u009b1A");
  });

  test("is written even when a field cannot be shown", () => {
    const { log, lines } = openLog(format);
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    log.error("it broke", { circle });
    log.error("it broke", { big: { count: 1n } });
    expect(lines.map((line) => line.includes("it broke") && line.includes("unshown"))).toEqual([true, true]);
  });

  test("shows an error with its cause, and what its children are bound to", () => {
    const { log, lines } = openLog(format);
    log.child({ role: "core" }).error("it broke", { error: new Error("outer", { cause: new Error("inner") }) });
    for (const part of ["outer", "inner", "core"]) expect(lines[0]).toContain(part);
  });

  test("below the level is not written", () => {
    const { log, lines } = openLog(format, "warn");
    log.debug("1");
    log.info("2");
    log.warn("3");
    expect(lines).toHaveLength(1);
  });
});

test("a field cannot pass for the line's own time, level or message", () => {
  const { log, lines } = openLog("json");
  log.error("it broke", { message: "all is well", level: "debug", time: "never" });
  expect(JSON.parse(lines[0]!)).toEqual({ time: "2026-01-01T00:00:00.000Z", level: "error", message: "it broke" });
});
