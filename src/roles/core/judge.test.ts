import { describe, expect, test } from "bun:test";
import { AppError } from "#kernel/errors";
import { compileAssertion, judge, outcomesOf, type AssertionText } from "./judge.ts";
import { failure } from "./net/failure.ts";
import type { Observation } from "./probes/probe.ts";

interface Facts extends Partial<Omit<Observation, "headers" | "text">> {
  headerValues?: Record<string, string[]>;
  body?: string;
}

function observation({ headerValues = {}, body = "", ...facts }: Facts = {}): Observation {
  return {
    failure: undefined,
    latencyMs: 12.3456,
    dnsMs: Number.NaN,
    connectMs: 1,
    tlsMs: Number.NaN,
    firstByteMs: 10,
    transferMs: 1,
    code: 200,
    bodyBytes: body.length,
    remoteAddress: "10.0.0.7",
    headers: (name) => headerValues[name] ?? [],
    text: () => body,
    document: () => JSON.parse(body),
    certificateDays: () => 20,
    fact: (source) => (source === "serving_status" ? "SERVING" : undefined),
    ...facts,
  };
}

const assertion = (text: Partial<AssertionText>) => compileAssertion({ source: "status", op: "eq", value: undefined, path: "", severity: "down", ...text });
const verdict = (facts: Facts, ...texts: Partial<AssertionText>[]) => judge(observation(facts), texts.map(assertion));

const document = JSON.stringify({ ok: true, n: 5, text: "5", none: null, list: [1, 2, 3], deep: { a: { b: "x" } }, items: [{ id: 1, up: true }, { id: 2, up: false }] });

/** What an assertion says of an observation: "up", or the reason. */
const table: [Partial<AssertionText>, Facts, string][] = [
  [{ source: "status", op: "in", value: "200-299" }, { code: 204 }, "up"],
  [{ source: "records", op: "eq", value: ["b", "a", "a"] }, { fact: () => ["a", "b"] }, "up"],
  [{ source: "records", op: "eq", value: "a" }, { fact: () => ["a", "b"] }, "records: unexpected b"],
  [{ source: "records", op: "eq", value: ["a", "c"] }, { fact: () => ["a", "b"] }, "records: missing c, unexpected b"],
  [{ source: "records", op: "eq", value: [] }, { fact: () => undefined }, "records: there is no such name"],
  [{ source: "records", op: "ne", value: [] }, { fact: () => undefined }, "up"],
  [{ source: "records", op: "ne", value: [] }, { fact: () => [] }, "records: the answer holds none of this type"],
  [{ source: "records", op: "matches", value: "^b$" }, { fact: () => ["a", "b"] }, "up"],
  [{ source: "records", op: "not_matches", value: "^b$" }, { fact: () => ["a", "b"] }, 'records matches "^b$"'],
  [{ source: "status", op: "in", value: "200-299,404" }, { code: 404 }, "up"],
  [{ source: "status", op: "in", value: [200, "300-302"] }, { code: 301 }, "up"],
  [{ source: "status", op: "in", value: "200-299" }, { code: 503 }, "status 503, expected 200-299"],
  [{ source: "status", op: "eq", value: 200 }, { code: 201 }, "status 201, expected 200"],
  [{ source: "status", op: "eq", value: "200-299" }, { code: 201 }, "up"],
  [{ source: "status", op: "ne", value: 500 }, { code: 500 }, "status 500, expected not 500"],
  [{ source: "status", op: "not_in", value: "500-599" }, { code: 502 }, "status 502, expected not 500-599"],
  [{ source: "status", op: "lt", value: 400 }, { code: 400 }, "status 400, expected less than 400"],
  [{ source: "header", path: "X-A", op: "eq", value: "b" }, { headerValues: { "x-a": ["b"] } }, "up"],
  [{ source: "header", path: "X-A", op: "eq", value: "b" }, { headerValues: { "x-a": ["c"] } }, 'header x-a "c", expected "b"'],
  [{ source: "header", path: "x-a", op: "eq", value: "b" }, {}, 'header x-a is missing, expected "b"'],
  [{ source: "header", path: "x-a", op: "exists" }, {}, "header x-a is missing"],
  [{ source: "header", path: "x-a", op: "exists", value: false }, { headerValues: { "x-a": [""] } }, "header x-a is there, expected none"],
  [{ source: "header", path: "x-a", op: "contains", value: "2" }, { headerValues: { "x-a": ["1", "2"] } }, "up"],
  [{ source: "header", path: "age", op: "lt", value: 60 }, { headerValues: { age: ["59"] } }, "up"],
  [{ source: "header", path: "age", op: "lt", value: 60 }, { headerValues: { age: ["soon"] } }, 'header age "soon", expected less than 60'],
  [{ source: "header", path: "age", op: "eq", value: 5 }, { headerValues: { age: ["5"] } }, "up"],
  [{ source: "body", op: "contains", value: "all good" }, { body: "all good here" }, "up"],
  [{ source: "body", op: "contains", value: "all good" }, { body: "no" }, 'body does not contain "all good"'],
  [{ source: "body", op: "not_contains", value: "error" }, { body: "an error" }, 'body contains "error"'],
  [{ source: "body", op: "matches", value: "^v\\d+$" }, { body: "v12" }, "up"],
  [{ source: "body", op: "matches", value: "^v\\d+$" }, { body: "w12" }, 'body does not match "^v\\\\d+$"'],
  [{ source: "body", op: "not_matches", value: "(?i)fatal" }, { body: "FATAL" }, 'body matches "(?i)fatal"'],
  [{ source: "body", op: "is_empty" }, { body: "x" }, "body is not empty"],
  [{ source: "body", op: "is_empty", value: false }, { body: "" }, "body is empty"],
  [{ source: "body", op: "in", value: ["a", "b"] }, { body: "c" }, 'body "c", expected one of "a", "b"'],
  [{ source: "json", path: "$.ok", op: "eq", value: true }, { body: document }, "up"],
  [{ source: "json", path: "$.ok", op: "eq", value: false }, { body: document }, "json $.ok true, expected false"],
  [{ source: "json", path: "$.n", op: "eq", value: "5" }, { body: document }, 'json $.n 5, expected "5"'],
  [{ source: "json", path: "$.n", op: "gte", value: 5 }, { body: document }, "up"],
  [{ source: "json", path: "$.deep", op: "eq", value: { a: { b: "x" } } }, { body: document }, "up"],
  [{ source: "json", path: "$.deep.a.b", op: "matches", value: "x" }, { body: document }, "up"],
  [{ source: "json", path: "$.deep.nope", op: "exists" }, { body: document }, "json $.deep.nope is missing"],
  [{ source: "json", path: "$.none", op: "is_empty" }, { body: document }, "up"],
  [{ source: "json", path: "$.none", op: "exists" }, { body: document }, "up"],
  [{ source: "json", path: "$.list", op: "contains", value: 2 }, { body: document }, "up"],
  [{ source: "json", path: "$.list", op: "contains", value: 9 }, { body: document }, "json $.list does not contain 9"],
  [{ source: "json", path: "$.items[*].id", op: "eq", value: [1, 2] }, { body: document }, "up"],
  [{ source: "json", path: "$.items[?@.up==false].id", op: "contains", value: 2 }, { body: document }, "up"],
  [{ source: "json", path: "$.items[?@.id>9]", op: "exists" }, { body: document }, "json $.items[?@.id>9] is missing"],
  [{ source: "json", path: "$..id", op: "contains", value: 2 }, { body: document }, "up"],
  [{ source: "json", path: "$['ok']", op: "eq", value: true }, { body: document }, "up"],
  [{ source: "json", path: "$.items[5]", op: "exists", value: false }, { body: document }, "up"],
  [{ source: "json", path: "$.constructor", op: "exists", value: false }, { body: document }, "up"],
  [{ source: "json", path: "$.__proto__", op: "exists", value: false }, { body: document }, "up"],
  [{ source: "latency", op: "lt", value: 800 }, {}, "up"],
  [{ source: "latency", op: "lt", value: 10 }, {}, "latency 12.35 ms, expected less than 10 ms"],
  [{ source: "phase", path: "first_byte", op: "lte", value: 5 }, {}, "phase first_byte 10 ms, expected at most 5 ms"],
  [{ source: "phase", path: "tls", op: "lt", value: 5 }, {}, "phase tls is missing, expected less than 5 ms"],
  [{ source: "certificate_days", op: "gt", value: 30 }, {}, "certificate days left 20, expected more than 30"],
  [{ source: "body_bytes", op: "gt", value: 1 }, { body: "x" }, "body bytes 1, expected more than 1"],
  [{ source: "redirect_url", op: "exists" }, {}, "redirect url is missing"],
  [{ source: "remote_address", op: "eq", value: "10.0.0.8" }, {}, 'remote address "10.0.0.7", expected "10.0.0.8"'],
  [{ source: "serving_status", op: "eq", value: "SERVING" }, {}, "up"],
  [{ source: "grpc_status", op: "eq", value: 0 }, { code: 14 }, "grpc status 14 UNAVAILABLE, expected 0 OK"],
  [{ source: "grpc_status", op: "eq", value: 0 }, { code: 14, fact: () => "the shop is closed" }, "grpc status 14 UNAVAILABLE, expected 0 OK: the shop is closed"],
  [{ source: "grpc_status", op: "in", value: ["OK", "not_found"] }, { code: 5 }, "up"],
  [{ source: "grpc_status", op: "eq", value: "NOT_FOUND" }, { code: 99 }, "grpc status 99, expected 5 NOT_FOUND"],
  [{ source: "grpc_status", op: "not_in", value: "1-16" }, { code: 5 }, "grpc status 5 NOT_FOUND, expected not 1-16"],
  [{ source: "grpc_status", op: "lt", value: 5 }, { code: 5 }, "grpc status 5 NOT_FOUND, expected less than 5 NOT_FOUND"],
  [{ source: "graphql_errors", op: "is_empty" }, { body: '{"data":{}}' }, "up"],
  [{ source: "graphql_errors", op: "is_empty" }, { body: '{"data":null,"errors":[{"message":"no field x"},{"message":"denied"}]}' }, "graphql errors: no field x; denied"],
  [{ source: "graphql_errors", op: "is_empty" }, { body: '{"status":"ok"}' }, "graphql errors: the answer has neither data nor errors"],
  [{ source: "graphql_errors", op: "contains", value: "denied" }, { body: '{"errors":[{"message":"access denied"}]}' }, "up"],
];

for (const [text, facts, expected] of table) {
  test(`${text.source} ${text.path ?? ""} ${text.op} ${JSON.stringify(text.value) ?? ""}: ${expected}`, () => {
    const { status, reason } = verdict(facts, text);
    expect(reason?.message ?? status).toBe(expected);
  });
}

describe("the verdict", () => {
  test("names the kind of what failed", () => {
    expect(verdict({ code: 500 }, { op: "in", value: "200-299" }).reason?.kind).toBe("http_status");
    expect(verdict({ code: 5 }, { source: "grpc_status", value: 0 }).reason?.kind).toBe("grpc_status");
    expect(verdict({ body: '{"errors":[1]}' }, { source: "graphql_errors", op: "is_empty" }).reason?.kind).toBe("graphql_errors");
    expect(verdict({ body: "a" }, { source: "body", value: "b" }).reason?.kind).toBe("assertion_failed");
  });
  test("is degraded only when nothing is down, and the first failure gives the reason", () => {
    const slow = { source: "latency", op: "lt", value: 1, severity: "degraded" } as const;
    expect(verdict({}, slow)).toMatchObject({ status: "degraded", reason: { message: "latency 12.35 ms, expected less than 1 ms" } });
    expect(verdict({ code: 500 }, slow, { op: "in", value: "200-299" })).toMatchObject({ status: "down", reason: { message: "status 500, expected 200-299" } });
  });
  test("is degraded by what the probe found wrong itself, unless something worse holds", () => {
    const degradation = failure("schema_changed", "field a removed");
    expect(verdict({ degradation }, { value: 200 })).toEqual({ status: "degraded", reason: degradation });
    expect(verdict({ degradation }, { source: "latency", op: "lt", value: 1, severity: "degraded" }).reason?.kind).toBe("assertion_failed");
    const unread = () => {
      throw new AppError("unavailable", "not read");
    };
    expect(verdict({ degradation, fact: unread }, { source: "serving_status", value: "SERVING" }).status).toBe("unknown");
    expect(verdict({ degradation, code: 500 }, { value: 200 }).status).toBe("down");
    expect(verdict({ degradation, failure: failure("connect_refused", "x") }).reason?.kind).toBe("connect_refused");
  });
  test("of a failed attempt is its failure; our own faults are unknown, never down", () => {
    expect(verdict({ failure: failure("connect_refused", "x") }, { value: 200 })).toEqual({ status: "down", reason: { kind: "connect_refused", message: "x" } });
    for (const kind of ["internal", "config_invalid", "target_forbidden"] as const) expect(verdict({ failure: failure(kind, "x") }).status).toBe("unknown");
    expect(outcomesOf(observation({ failure: failure("connect_refused", "x") }), [assertion({ value: 200 })])).toEqual([]);
  });
  test("of a body that is not JSON says so", () => {
    const broken = verdict({ document: () => { throw new Error("the body is empty"); } }, { source: "json", path: "$.a", op: "exists" });
    expect(broken.reason?.message).toBe("json $.a: the body is empty");
  });
});

describe("hostile input", () => {
  test("a pattern made to explode takes linear time", () => {
    const startedAt = performance.now();
    expect(verdict({ body: `${"a".repeat(100_000)}!` }, { source: "body", op: "matches", value: "^(a+)+$" }).status).toBe("down");
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
  test("patterns outside of RE2 and paths that could explode are refused when compiled", () => {
    for (const value of ["(?=a)", "(a)\\1", "a{1,5000}", "(((a{100}){100}){100})", "["]) expect(() => assertion({ source: "body", op: "matches", value })).toThrow();
    for (const path of ["$..*..*", "$[", "$.a[?match(@.b, '(a+)+$')]", "$.a[?search(@.b, 'x')]", "$[?@.a[?@.b[?@.c]]]", `$${".a".repeat(300)}`]) expect(() => assertion({ source: "json", path })).toThrow();
  });
  test("a document nested fifty thousand deep neither hangs nor throws", () => {
    const body = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
    const startedAt = performance.now();
    for (const path of ["$.a.a", "$..a", "$..b"]) {
      const compiled = assertion({ source: "json", path, op: "eq", value: 1 });
      expect(judge(observation({ body }), [compiled]).status).toBe("down");
      expect(outcomesOf(observation({ body }), [compiled])[0]!.actualJson.length).toBeLessThan(10_000);
    }
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
  test("a path that selects ten thousand values says that it is too much", () => {
    const body = JSON.stringify(Array.from({ length: 20_000 }, (_, index) => index));
    expect(verdict({ body }, { source: "json", path: "$[*]", op: "contains", value: 1 }).reason?.message).toContain("more than 10000 values");
  });
});

test("outcomes show what was expected and what was met, shortened", () => {
  const outcome = outcomesOf(observation({ body: "x".repeat(10_000) }), [assertion({ source: "body", value: "y", severity: "degraded" })])[0]!;
  expect(outcome).toMatchObject({ source: "body", op: "eq", path: "", expectedJson: '"y"', ok: false, severity: "degraded" });
  expect(outcome.actualJson.length).toBeLessThan(400);
});
