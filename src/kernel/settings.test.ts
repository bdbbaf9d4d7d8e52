import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { inspect } from "node:util";
import { choice, duration, flag, formatDuration, kebab, list, parseDuration, port, Secret, secret, whole } from "./settings.ts";

describe("durations", () => {
  test.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    ["1d", 86_400_000],
    ["0s", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "5", "s", "5 m", "-5m", "5M", "1w", "5m ", "1e3s", "١s"])("%p is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test("are written so that they read back, in the shortest way", () => {
    expect([90_000, 0, 86_461_001].map(formatDuration)).toEqual(["1m30s", "0s", "1d1m1s1ms"]);
    fc.assert(fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (ms) => parseDuration(formatDuration(ms)) === ms));
  });

  test("of a setting lie within its bounds, which it names", () => {
    const field = duration("how long", "5m", 1_000, 60_000);
    expect(["999ms", "1s", "60s", "61s", "1"].map((text) => field.parse(text))).toEqual([undefined, 1_000, 60_000, undefined, undefined]);
    expect(field.allowed).toBe("a duration from 1s to 1m, such as 30s, 5m or 1d");
  });
});

test("numbers are whole, within their bounds and written in digits", () => {
  const field = whole("how many", 3, 1, 10);
  expect(["1", "10", "0", "11", "1.5", "-1", "1e1", "0x5", "", " 7 "].map((text) => field.parse(text))).toEqual([1, 10, undefined, undefined, undefined, undefined, undefined, undefined, undefined, 7]);
  expect(["0", "65535", "65536"].map((text) => port("port", 80).parse(text))).toEqual([0, 65_535, undefined]);
});

test("switches, choices and lists take what they name and nothing else", () => {
  expect(["true", "false", "", "yes", "1"].map((text) => flag("on", false).parse(text))).toEqual([true, false, true, undefined, undefined]);
  expect(["a", "b", "c", ""].map((text) => choice("which", "a", ["a", "b"]).parse(text))).toEqual(["a", "b", undefined, undefined]);
  const digits = list("which", "", "digits", (entry) => /^\d$/.test(entry));
  expect(["1, 2,,3", "", "1,x"].map((text) => digits.parse(text))).toEqual([["1", "2", "3"], [], undefined]);
});

test("a secret prints as *** wherever it ends up by accident", () => {
  const value = secret("key").parse("hunter2")!;
  expect([String(value), JSON.stringify({ value }), inspect({ value }), String([value])].join(" ")).not.toContain("hunter2");
  expect([value.reveal(), value.isSet, new Secret("").isSet]).toEqual(["hunter2", true, false]);
});

test("names are kebab-case wherever a person sees them", () => {
  expect(["httpPort", "role", "egressAllow"].map(kebab)).toEqual(["http-port", "role", "egress-allow"]);
});
