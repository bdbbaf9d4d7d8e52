import { afterEach, describe, expect, test } from "bun:test";
import { ago, bytes, count, happened, latency, ratio, schedule, span, target, value } from "./format.ts";
import { speakHere } from "./i18n.ts";
import { ru } from "./locales/ru.ts";

describe("format", () => {
  test("a latency shows the digits that matter", () => {
    expect([0, 0.4123, 4.16, 41.2, 999.4, 999.6, 1240, 9994, 12_400].map(latency)).toEqual(["0 ms", "0.41 ms", "4.2 ms", "41 ms", "999 ms", "1.00 s", "1.24 s", "9.99 s", "12.4 s"]);
    expect(latency(null)).toBe("–");
  });

  test("a span shows its two largest units", () => {
    expect([0, 12_000, 60_000, 125_000, 3 * 3600e3 + 60e3 + 9e3, 5 * 86_400e3 + 40e3].map(span)).toEqual(["0 s", "12 s", "1 min", "2 min 5 s", "3 h 1 min", "5 d"]);
  });

  test("an uptime below one never reads 100 %", () => {
    expect(ratio(1)).toBe("100 %");
    expect(ratio(0.999_999)).toBe("99.99 %");
    expect(ratio(0.9417)).toBe("94.17 %");
    expect(ratio(0.5)).toBe("50.0 %");
    expect(ratio(0)).toBe("0.0 %");
    expect(ratio(null)).toBe("–");
  });

  test("a time is told from now, in either direction", () => {
    const now = Date.parse("2026-01-01T12:00:00Z");
    expect(ago("2026-01-01T11:57:00Z", now)).toBe("3 min ago");
    expect(ago("2026-01-01T12:05:00Z", now)).toBe("in 5 min");
    expect(ago("2026-01-01T11:59:58Z", now)).toBe("just now");
    expect(ago(null, now)).toBe("never");
  });

  test("what has happened is never still to come", () => {
    const now = Date.parse("2026-01-01T12:00:00Z");
    expect([happened("2026-01-01T12:00:09Z", now), happened("2026-01-01T11:57:00Z", now), happened(null, now)]).toEqual(["just now", "3 min ago", "never"]);
  });

  test("sizes and counts have their units", () => {
    expect([12, 2048, 3 * 1024 * 1024].map(bytes)).toEqual(["12 B", "2.0 kB", "3.0 MB"]);
    expect([count(1, "check"), count(2, "check"), count(1200, "entry", "entries")]).toEqual(["1 check", "2 checks", "1,200 entries"]);
  });

  test("a schedule and a target read in one line", () => {
    expect(schedule({ every: "30s" })).toBe("every 30s");
    expect(schedule({ cron: "0 8 * * *", timezone: "Europe/Berlin" })).toBe("0 8 * * * (Europe/Berlin)");
    expect(schedule(null)).toBe("not scheduled");
    expect(target("tcp", { host: "db", port: 5432 })).toBe("db:5432");
    expect(target("grpc", { address: "orders:443" })).toBe("orders:443");
    expect(target("icmp", {})).toBe("icmp");
  });

  test("a value out of JSON is text, and long text is cut", () => {
    expect(value({ a: [1] })).toBe('{"a":[1]}');
    expect(value("x".repeat(400))).toHaveLength(301);
  });
});

describe("format in Russian", () => {
  afterEach(() => speakHere("en"));

  test("numbers have a comma, units and forms are those of the language", () => {
    speakHere("ru", ru);
    const now = Date.parse("2026-01-01T12:00:00Z");
    expect([latency(4.16), latency(1240), ratio(0.9417), bytes(2048), span(125_000)]).toEqual(["4,2 мс", "1,24 с", "94,17 %", "2,0 КБ", "2 мин 5 с"]);
    expect([ago("2026-01-01T11:57:00Z", now), ago("2026-01-01T12:05:00Z", now), ago(null, now)]).toEqual(["3 мин назад", "через 5 мин", "никогда"]);
    expect([1, 3, 5, 21].map((many) => count(many, "check"))).toEqual(["1 проверка", "3 проверки", "5 проверок", "21 проверка"]);
  });
});
