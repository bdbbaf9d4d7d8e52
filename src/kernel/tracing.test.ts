import { describe, expect, test } from "bun:test";
import { startFakeCollector } from "../testing/fake_collector.ts";
import { AppError } from "./errors.ts";
import { createLog, silentLog } from "./log.ts";
import { createOtlpTracing, type OtlpOptions } from "./otlp.ts";
import { carried, isSampled, readTraceparent, traceFields, traceIdOf, untraced, within } from "./tracing.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const sampled = `00-${traceId}-00f067aa0ba902b7-01`;
const unsampled = `00-${traceId}-00f067aa0ba902b7-00`;

describe("traceparent", () => {
  test("what is not well-formed is none", () => {
    const bad = [null, "", "x", sampled.slice(1), `${sampled}0`, sampled.toUpperCase(), sampled.replace(traceId, "0".repeat(32)), sampled.replace("00f067aa0ba902b7", "0".repeat(16)), sampled.replace(/^00/, "ff")];
    expect(bad.map(readTraceparent)).toEqual(bad.map(() => ""));
    expect([sampled, unsampled].map(readTraceparent)).toEqual([sampled, unsampled]);
  });

  test("only the lowest bit of the flags says that it is recorded, and only then a message carries it and a log line names it", () => {
    const flagged = (flags: string) => sampled.replace(/01$/, flags);
    expect(["01", "03", "0b", "ff"].map((flags) => isSampled(flagged(flags)))).toEqual([true, true, true, true]);
    expect(["00", "02", "0a"].map((flags) => isSampled(flagged(flags)))).toEqual([false, false, false]);
    expect([carried(sampled), carried(unsampled), carried("")]).toEqual([sampled, "", ""]);
    expect([traceFields(sampled), traceFields(unsampled), traceFields("")]).toEqual([{ traceId }, {}, {}]);
  });
});

test("without a collector everything passes through and nothing is begun", async () => {
  expect([untraced.root("a", "").traceparent, untraced.root("a", unsampled).traceparent, untraced.span("a", sampled).traceparent]).toEqual(["", unsampled, sampled]);
  expect(await within(untraced, { name: "a", parent: sampled }, (traceparent) => Promise.resolve(traceparent))).toBe(sampled);
});

describe("with a collector", () => {
  const open = (url: string, options: Partial<OtlpOptions> = {}) => createOtlpTracing({ url, headers: {}, ratio: 0.5, random: () => 0.5, resource: {}, log: silentLog, ...options });

  test("a trace begins by ratio, or goes on below a sampled parent", async () => {
    using collector = startFakeCollector();
    // The library takes a small number for one since the start of the process.
    const atMs = Date.UTC(2026, 0, 1);
    let drawn = 0.49;
    const tracing = open(collector.url, { random: () => drawn });
    const begun = tracing.root("begun", unsampled);
    drawn = 0.5;
    const passed = tracing.root("passed", unsampled);
    const below = tracing.root("below", sampled, { kind: "server", atMs: atMs + 1_000, attributes: { a: 1, b: "x", c: true } });
    tracing.span("never", unsampled).end();
    tracing.span("never", "").end();
    begun.end();
    passed.end();
    below.end({ atMs: atMs + 2_500, problem: "why", attributes: { d: 2 } });
    await tracing.stop();
    expect(collector.spans.map(({ name }) => name).sort()).toEqual(["begun", "below"]);
    expect([isSampled(begun.traceparent), traceIdOf(begun.traceparent) === traceId, passed.traceparent]).toEqual([true, false, unsampled]);
    expect(collector.spans.find(({ name }) => name === "below")).toMatchObject({ traceId, parentSpanId: "00f067aa0ba902b7", kind: 2, status: 2, startMs: atMs + 1_000, endMs: atMs + 2_500, attributes: { a: 1, b: "x", c: true, d: 2 } });
  });

  test("work that fails is a span that failed, by its code and not by its message", async () => {
    using collector = startFakeCollector();
    const tracing = open(collector.url);
    const failing = within(tracing, { name: "work", parent: sampled }, () => Promise.reject(new AppError("not_found", "no user bob@example.com")));
    expect(await failing.catch((error: AppError) => error.code)).toBe("not_found");
    await tracing.stop();
    expect(collector.spans.map(({ name, status }) => [name, status])).toEqual([["work", 2]]);
    expect(JSON.stringify(collector.spans)).not.toContain("bob");
  });

  test("one that is away is said once, and a flood of spans does not grow without end", async () => {
    const lines: string[] = [];
    const log = createLog({ level: "info", format: "json", now: Date.now, write: (line) => void lines.push(line) });
    const tracing = open("http://127.0.0.1:1", { log });
    Bun.gc(true);
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 50_000; i++) tracing.span(`span ${i}`, sampled, { attributes: { text: "x".repeat(500) + i } }).end();
    Bun.gc(true);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(30_000_000);
    await tracing.stop();
    expect(lines.filter((line) => line.includes("the collector does not take spans")).length).toBeLessThanOrEqual(1);
  });
});
