/** Assertions against answers that a stranger made: what they mean where there is nothing, and what they may cost. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { operators, ruleOf, sources, type Operator, type Source } from "#ports/assertion_language";
import { compileAssertion, judge, outcomesOf, type AssertionText, type CompiledAssertion } from "./judge.ts";
import { maxSteps } from "./judging_cost.ts";
import type { Observation } from "./probes/probe.ts";

/** Every source gives `value`; a document is `body`, read. */
function observation(value: unknown, body = ""): Observation {
  const text = typeof value === "string" ? value : "";
  return {
    failure: undefined,
    latencyMs: Number.NaN,
    dnsMs: Number.NaN,
    connectMs: Number.NaN,
    tlsMs: Number.NaN,
    firstByteMs: Number.NaN,
    transferMs: Number.NaN,
    code: 0,
    bodyBytes: 0,
    remoteAddress: text,
    headers: () => (value === undefined ? [] : [text]),
    text: () => (body === "" ? text : body),
    document: () => (body === "" ? { value } : (JSON.parse(body) as unknown)),
    certificateDays: () => undefined,
    fact: () => value,
  };
}

const compile = (text: Partial<AssertionText>) => compileAssertion({ source: "body", op: "eq", value: undefined, path: "", severity: "down", ...text });
const verdictOn = (body: string, ...texts: Partial<AssertionText>[]) => judge(observation(undefined, body), texts.map(compile));

describe("where there is nothing", () => {
  const operand: Partial<Record<Operator, unknown>> = { eq: "x", ne: "x", in: ["x"], not_in: ["x"], contains: "x", not_contains: "x", matches: "x", not_matches: "x", lt: 5, lte: 5, gt: 5, gte: 5 };
  const holding: Record<string, Operator[]> = {
    missing: ["ne", "not_in", "not_contains", "not_matches", "is_empty"],
    empty: ["ne", "not_in", "not_contains", "not_matches", "is_empty", "exists"],
    null: ["ne", "not_in", "not_contains", "not_matches", "is_empty", "exists"],
  };
  /** Their value is always there: a code, a number of bytes, or text that is empty at worst. */
  const neverMissing: Source[] = ["status", "grpc_status", "body_bytes", "body", "banner", "remote_address", "graphql_errors"];
  const cases: [Source, string, unknown][] = [
    ...sources.filter((source) => !neverMissing.includes(source)).map((source): [Source, string, unknown] => [source, "missing", undefined]),
    ...(["header", "metadata", "body", "banner", "json", "remote_address", "redirect_url", "issuer", "cipher", "message", "subprotocol"] as const).map((source): [Source, string, unknown] => [source, "empty", ""]),
    ["json", "null", null],
  ];
  for (const [source, state, value] of cases) {
    test(`${source} ${state}: every operator says what its name says`, () => {
      const paths = { json: "$.value", name: "x", phase: "tls" };
      const path = paths[ruleOf(source).path ?? "name"];
      const ops = [...new Set(ruleOf(source).ops)];
      const holds = ops.filter((op) => {
        const compiled = compile({ source, op, value: operand[op], path: ruleOf(source).path ? path : "" });
        return judge(observation(value), [compiled]).status === "up";
      });
      expect(holds.sort()).toEqual(holding[state]!.filter((op) => ops.includes(op)).sort());
    });
  }
  test("a list that is empty is there, a search that found nothing is not", () => {
    const body = '{"list":[],"object":{}}';
    for (const path of ["$.list", "$.object"]) {
      expect(verdictOn(body, { source: "json", path, op: "exists" }, { source: "json", path, op: "is_empty" }).status).toBe("up");
    }
    expect(verdictOn(body, { source: "json", path: "$.list[*]", op: "exists" }).reason?.message).toBe("json $.list[*] is missing");
    expect(verdictOn(body, { source: "json", path: "$.list[*]", op: "eq", value: [] }).status).toBe("up");
  });
});

describe("any document and any assertion", () => {
  const paths = ["$", "$.a", "$[0]", "$..a", "$[*]", "$..*", "$[?@.a]", "$[?@.a>1]", "$['a','b']", "$.__proto__", "$.constructor", "$[?@.__proto__]", "$..toString", "$.length", "$[-1]", "$[::2]"];
  const json = fc.oneof(fc.jsonValue({ maxDepth: 6 }), fc.dictionary(fc.constantFrom("a", "b", "__proto__", "constructor", "toString", "length", "toJSON"), fc.jsonValue({ maxDepth: 3 })));
  const anAssertion = fc
    .record({ op: fc.constantFrom(...operators), path: fc.constantFrom(...paths), value: fc.jsonValue({ maxDepth: 3 }), severity: fc.constantFrom("down" as const, "degraded" as const) })
    .map(({ op, value, ...rest }) => compile({ source: "json", op, value: op === "matches" || op === "not_matches" ? "a+b?" : value, ...rest }));

  test("end in a verdict, and each shows what it met, within bounds", () => {
    fc.assert(
      fc.property(json, fc.array(anAssertion, { maxLength: 5 }), (document, assertions) => {
        const seen = observation(undefined, JSON.stringify(document));
        const { status, reason } = judge(seen, assertions);
        expect(["up", "degraded", "down"]).toContain(status);
        expect(reason === undefined).toBe(status === "up");
        const outcomes = outcomesOf(seen, assertions);
        expect(outcomes.length).toBe(assertions.length);
        expect(outcomes.some(({ ok, severity }) => !ok && severity === "down")).toBe(status === "down");
        for (const { actualJson } of outcomes) if (actualJson !== "") expect(() => void JSON.parse(actualJson)).not.toThrow();
        expect(reason?.message.length ?? 0).toBeLessThan(1_000_000);
      }),
      { numRuns: 500 },
    );
  });
  test("a negation says the opposite of what it negates", () => {
    const pairs: [Operator, Operator][] = [["eq", "ne"], ["in", "not_in"], ["contains", "not_contains"], ["matches", "not_matches"]];
    fc.assert(
      fc.property(json, fc.constantFrom(...paths), fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(...pairs), (document, path, value, ops) => {
        const [plain, negated] = ops.map((op) => verdictOn(JSON.stringify(document), { source: "json", path, op, value: op.endsWith("matches") ? "a+b?" : value }).status);
        expect(plain === "up").toBe(negated !== "up");
      }),
      { numRuns: 500 },
    );
  });
  test("a name of a prototype is there only when the document says so", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
      for (const path of [`$.${name}`, `$['${name}']`, `$..${name}`, `$[?@.${name}]`]) {
        const exists = (body: string) => verdictOn(body, { source: "json", path, op: "exists" }).status === "up";
        expect([path, exists('{"a":{"b":1}}')]).toEqual([path, false]);
        expect([path, exists(`{"a":{"${name}":1},"${name}":1}`)]).toEqual([path, true]);
      }
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
  test("numbers beyond 2^53 are compared by order and as text, and shown as they were read", () => {
    const body = '{"id":9007199254740993,"huge":1e400}';
    expect(verdictOn(body, { source: "json", path: "$.id", op: "gt", value: 9_007_199_254_740_000 }).status).toBe("up");
    expect(verdictOn(body, { source: "body", op: "matches", value: '"id":9007199254740993\\b' }).status).toBe("up");
    expect(verdictOn(body, { source: "body", op: "matches", value: '"id":9007199254740992\\b' }).status).toBe("down");
    expect(verdictOn(body, { source: "json", path: "$.huge", op: "gt", value: 1 }).status).toBe("up");
    expect(outcomesOf(observation(undefined, body), [compile({ source: "json", path: "$.id", op: "exists" })])[0]!.actualJson).toBe("9007199254740992");
  });
});

describe("four times the answer takes about four times as long, not sixteen", () => {
  const repeated = (piece: string) => (size: number) => piece.repeat(Math.ceil(size / piece.length));
  const list = (piece: string) => (size: number) => `[${Array.from({ length: Math.ceil(size / piece.length) }, () => piece).join(",")}]`;
  const nested = (size: number) => `${'{"a":'.repeat(size / 8)}1${"}".repeat(size / 8)}`;
  const onBody = (value: string): Partial<AssertionText> => ({ source: "body", op: "matches", value });
  const onJson = (path: string): Partial<AssertionText> => ({ source: "json", path, op: "contains", value: "nothing" });
  const table: [string, (size: number) => string, Partial<AssertionText>][] = [
    ["(a+)+$ on a's", (size) => `${"a".repeat(size)}!`, onBody("(a+)+$")],
    ["(a|aa)+$ on a's", (size) => `${"a".repeat(size)}!`, onBody("^(a|aa)+$")],
    ["(x+x+)+[yz] on x's", repeated("x"), onBody("(x+x+)+[yz]")],
    ["([a-z]+)*[0-9] on letters", repeated("abcdefgh"), onBody("([a-z]+)*[0-9]")],
    ["(.*)(.*)(.*)[|] on lines", repeated("some line of text\n"), onBody("(.*)(.*)(.*)[|]")],
    ["(?i)word on text", repeated("some other text "), onBody("(?i)fatal")],
    ["a set of large repetitions", repeated("abc"), onBody("[a-c]{1,30}[^a-c]")],
    ["plain text that almost matches", repeated("aaaaaaab"), { source: "body", op: "contains", value: `${"a".repeat(500)}c` }],
    ["a deep document", nested, onJson("$.a.a")],
    ["a deep document, searched", nested, onJson("$..b")],
    ["a long list", list("0"), onJson("$[*]")],
    ["a long list, filtered", list('{"a":1}'), onJson("$[?@.a==2]")],
    ["a long list, filtered by count", list("[1,2]"), onJson("$[?count(@[*])>2]")],
    ["a long list, filtered by descendants", list('{"b":[1]}'), onJson("$[?@..a]")],
    ["a long list, all of it", list("[0]"), onJson("$..*")],
    ["a long list, in unions", list("[0,1]"), onJson("$[*][0,0,1][*]")],
    ["objects of many names", (size) => `{${Array.from({ length: size / 12 }, (_, index) => `"k${index}":1`).join(",")}}`, onJson("$..k")],
    ["one huge string", (size) => JSON.stringify({ a: "x".repeat(size) }), { source: "json", path: "$.a", op: "matches", value: "x[yz]" }],
    ["a list compared with a list", list("1"), { source: "json", path: "$", op: "eq", value: [1, 2] }],
  ];
  const timeOf = (body: string, assertion: CompiledAssertion) => {
    const seen = observation(undefined, body);
    const startedAt = performance.now();
    judge(seen, [assertion]);
    outcomesOf(seen, [assertion]);
    return performance.now() - startedAt;
  };
  for (const [what, bodyOf, text] of table) {
    test(what, () => {
      const assertion = compile(text);
      const [one, four] = [bodyOf(20_000), bodyOf(80_000)];
      // A busy machine only ever adds: the least of several times comes closest, and a square would stay sixteen for ever.
      let [once, fourTimes] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (let round = 0; round < 40 && (round < 4 || fourTimes / Math.max(once, 1) >= 10); round++) {
        once = Math.min(once, timeOf(one, assertion));
        fourTimes = Math.min(fourTimes, timeOf(four, assertion));
      }
      expect(fourTimes / Math.max(once, 1)).toBeLessThan(10);
      // What is a square stays one, however often it is measured.
    }, { timeout: 30_000, retry: 3 });
  }
});

describe("fifty assertions on one hostile answer", () => {
  /** Counts how often the matcher runs, and on how much. */
  function counted(assertion: CompiledAssertion, onRun: (steps: number) => void): CompiledAssertion {
    const { pattern } = assertion;
    return pattern ? { ...assertion, pattern: { ...pattern, test: (text) => (onRun(pattern.steps(text.length)), pattern.test(text)) } } : assertion;
  }
  const large = "a".repeat(1_048_576);

  test("cost no more than the limit together, and the run is unknown and says that it is our decision", () => {
    let steps = 0;
    const assertions = Array.from({ length: 50 }, (_, index) => counted(compile({ op: "not_matches", value: `[a-c]{1,${index + 2}}[^a-c]`, severity: index % 2 ? "down" : "degraded" }), (more) => (steps += more)));
    const seen = observation(undefined, large);
    const { status, reason } = judge(seen, assertions);
    expect(outcomesOf(seen, assertions).length).toBe(50);
    expect(steps).toBeLessThanOrEqual(maxSteps);
    expect(status).toBe("unknown");
    expect(reason).toMatchObject({ kind: "config_invalid" });
    expect(reason?.message).toMatch(/^body: assertion too expensive: it may take \d+ steps on this answer, and \d+ of the 10000000 for one answer are left: contains, a shorter pattern, a plainer path or a smaller maxBytes would do$/);
  });
  test("are still down when one that was judged says so", () => {
    const costly: Partial<AssertionText> = { op: "not_matches", value: "[a-c]{1,900}[^a-c]" };
    expect(verdictOn(large, costly, { op: "contains", value: "nothing like it" })).toMatchObject({ status: "down", reason: { message: 'body does not contain "nothing like it"' } });
    expect(verdictOn(large, costly, { op: "contains", value: "a", severity: "degraded" }).status).toBe("unknown");
  });
  test("are judged where they are what people write", () => {
    const page = "<p>some text of a page</p>\n".repeat(4_000);
    const texts = Array.from({ length: 50 }, (_, index): Partial<AssertionText> => (index % 2 ? { op: "not_matches", value: `(?i)error ${index}` } : { op: "matches", value: "some text" }));
    expect(verdictOn(page, ...texts.slice(0, 15)).status).toBe("up");
    expect(verdictOn(large, ...Array.from({ length: 50 }, (): Partial<AssertionText> => ({ op: "matches", value: "aaaa" }))).status).toBe("up");
    const items = JSON.stringify({ items: Array.from({ length: 500 }, (_, id) => ({ id, up: true })) });
    expect(verdictOn(items, ...Array.from({ length: 50 }, (_, id): Partial<AssertionText> => ({ source: "json", path: `$.items[?@.id==${id}].up`, op: "contains", value: true }))).status).toBe("up");
  });
  test("read a large document only as often as the limit lets them", () => {
    const document = JSON.stringify(Array.from({ length: 100_000 }, () => 0));
    const texts = Array.from({ length: 50 }, (_, index): Partial<AssertionText> => ({ source: "json", path: `$..k${index}`, op: "exists", value: false }));
    expect(verdictOn(document, ...texts)).toMatchObject({ status: "unknown", reason: { kind: "config_invalid" } });
  });
});
