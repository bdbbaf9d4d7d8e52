import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { buildSchema, graphqlSync, introspectionFromSchema, lexicographicSortSchema, printSchema } from "graphql";
import type { BaselineKind } from "#ports/baselines";
import { startFakeSite, type Behaviour, type FakeSite } from "../../../testing/fake_site.ts";
import { checkOf, openEnvironment, tryCheck, type TrialCheck } from "../../../testing/run_check.ts";
import { prepareCheck, runCheck } from "../run.ts";
import { compareSchemas, readSchema, type Schema } from "./graphql_schema.ts";
import type { CheckBaseline } from "./probe.ts";
import { introspectionQuery } from "./schema_watch.ts";

const shop = `type Query { user(id: ID!): User } type User { id: ID! email: String name: String @deprecated(reason: "old") }`;
const without = shop.replace("email: String", "");
const more = `${shop} type Extra { id: ID! }`.replace("email: String", "email: String age: Int extra: Extra");

let site: FakeSite;
let sdl = shop;
/** Laid over the answer to the introspection query. */
let introspection: Partial<Behaviour> = {};
const stored = new Map<string, { hash: string; text: string }>();
const given: string[][] = [];
const baseline: CheckBaseline = {
  get(kind: BaselineKind, known) {
    given.push(known);
    return Promise.resolve(stored.get(kind));
  },
  set: (kind, set) => Promise.resolve(void stored.set(kind, set)),
};

const answerOf = (text: string) => JSON.stringify({ data: introspectionFromSchema(buildSchema(text), { descriptions: false }) });

beforeAll(async () => {
  site = await startFakeSite();
});
beforeEach(async () => {
  sdl = shop;
  introspection = {};
  stored.clear();
  given.length = 0;
  site.requests.length = 0;
  await site.setBehaviour({
    respond: ({ body }) => (body.includes("__schema") ? { body: answerOf(sdl), ...introspection } : { body: '{"data":{"ok":true}}' }),
  });
});
afterAll(() => site.close());

const trial = (rest: Partial<TrialCheck> = {}, target: object = {}): TrialCheck => ({ type: "graphql", target: { url: `${site.url}/graphql`, query: "{ ok }", watchSchema: true, ...target }, timeoutMs: 10_000, ...rest });
const look = (rest?: Partial<TrialCheck>) => tryCheck(trial(rest), { baseline });

describe("a watched schema", () => {
  test("is asked for besides the query, on a connection of its own, only when it is watched", async () => {
    await tryCheck(trial({}, { watchSchema: false }));
    expect(site.requests).toHaveLength(1);
    const before = site.connections;
    const run = await look();
    expect(run.status).toBe("up");
    expect(site.connections - before).toBe(2);
    expect((JSON.parse(site.requests[2]!.body) as { operationName: string }).operationName).toBe("IntrospectionQuery");
  });

  test("becomes the baseline when it is first seen, sorted and without what no client notices", async () => {
    const run = await look();
    const text = printSchema(lexicographicSortSchema(buildSchema(shop)));
    expect(stored.get("graphql_schema")?.text).toBe(text);
    const { schemaHash, schemaChanges } = run.detail().observed;
    expect(schemaHash).toBe(new Bun.CryptoHasher("sha256").update(text).digest("hex"));
    expect(schemaChanges).toBeUndefined();
    sdl = `"""Told."""\n${shop.split(" type User").toReversed().map((part) => (part.startsWith(" {") ? `type User${part}` : part)).join(" ")}`;
    const again = await look();
    expect([again.status, again.detail().observed.schemaHash]).toEqual(["up", schemaHash!]);
  });

  test("that loses a field is degraded until it is accepted or comes back", async () => {
    const check = prepareCheck(checkOf(trial()));
    const run = () => runCheck(check, { ...openEnvironment, baseline });
    await run();
    sdl = without;
    for (let turn = 0; turn < 2; turn++) {
      const broken = await run();
      expect(broken).toMatchObject({ status: "degraded", code: 200, error: { kind: "schema_changed", message: "schema has a breaking change: User.email was removed" } });
      expect(broken.detail().observed.schemaChanges).toEqual([{ effect: "breaking", type: "FIELD_REMOVED", description: "User.email was removed" }]);
    }
    // The text of a baseline that was compared before need not come again.
    expect(given.at(-1)).toEqual([readSchemaOf(without).hash, readSchemaOf(shop).hash]);
    sdl = shop;
    expect((await run()).status).toBe("up");
    sdl = without;
    expect((await run()).status).toBe("degraded");
    stored.clear();
    expect((await run()).status).toBe("up");
    expect(stored.get("graphql_schema")?.hash).toBe(readSchemaOf(without).hash);
  });

  test("that only grows moves the baseline along, and says once what is new", async () => {
    const check = prepareCheck(checkOf(trial()));
    const run = () => runCheck(check, { ...openEnvironment, baseline });
    await run();
    sdl = more;
    const grown = await run();
    expect(grown.status).toBe("up");
    expect(grown.detail().observed.schemaChanges).toEqual([
      { effect: "safe", type: "TYPE_ADDED", description: "Extra was added" },
      { effect: "safe", type: "FIELD_ADDED", description: "User.age was added" },
      { effect: "safe", type: "FIELD_ADDED", description: "User.extra was added" },
    ]);
    expect(stored.get("graphql_schema")?.hash).toBe(readSchemaOf(more).hash);
    expect((await run()).detail().observed.schemaChanges).toBeUndefined();
    sdl = shop;
    expect((await run()).error?.message).toBe("schema has a breaking change: Extra was removed; User.age was removed; User.extra was removed");
  });

  test("can be asserted on by its hash", async () => {
    const { hash } = readSchemaOf(shop);
    expect((await look({ assertions: [{ source: "schema_hash", op: "eq", value: hash }] })).status).toBe("up");
    expect((await look({ assertions: [{ source: "schema_hash", op: "eq", value: "00" }] })).error?.message).toBe(`schema hash "${hash}", expected "00"`);
  });

  test("of a check that is only tried is read, and remembered nowhere", async () => {
    const run = await tryCheck(trial());
    expect([run.status, run.detail().observed.schemaHash]).toEqual(["up", readSchemaOf(shop).hash]);
    expect(stored.size).toBe(0);
  });
});

describe("a schema that cannot be read makes the check degraded, not down", () => {
  const cases: [string, Partial<Behaviour>, string, string][] = [
    ["refused with errors", { body: '{"errors":[{"message":"introspection is off","extensions":{"code":"DISABLED"}}]}' }, "graphql_errors", "introspection failed: introspection is off (code DISABLED)"],
    ["refused with errors and a status", { status: 400, body: '{"errors":[{"message":"introspection is off"}]}' }, "graphql_errors", "introspection failed: introspection is off"],
    ["refused by a status", { status: 403, body: "no" }, "http_status", "introspection failed: status 403, expected 200-299"],
    ["no JSON", { body: "<html>" }, "http_malformed", "introspection failed: the answer is not a schema: JSON Parse error: Unrecognized token '<'"],
    ["no schema", { body: '{"data":{"ok":true}}' }, "http_malformed", "introspection failed: the answer is not a schema: "],
    ["larger than 4 MiB", { body: Buffer.alloc(4_194_305, "x") }, "http_too_large", "introspection failed: response too large: a body of 4194305 bytes, at most 4194304 are read"],
    ["broken off", { fault: "close_mid_body" }, "connection_reset", "introspection failed: connection closed after 10 of 1000 body bytes"],
  ];
  for (const [what, behaviour, kind, message] of cases) {
    test(what, async () => {
      introspection = behaviour;
      const run = await look();
      expect([run.status, run.error?.kind as string]).toEqual(["degraded", kind]);
      expect(run.error?.message).toStartWith(message);
      expect(run.detail().observed.schemaHash).toBeUndefined();
      expect(stored.size).toBe(0);
    });
  }

  test("one that does not come stays within the deadline of the attempt", async () => {
    introspection = { fault: "silent" };
    const startedAt = performance.now();
    const run = await look({ timeoutMs: 600 });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(run).toMatchObject({ status: "degraded", error: { kind: "response_timeout" } });
    expect(run.latencyMs).toBeLessThan(500);
  });

  test("and when the check's own query is down, that is what counts", async () => {
    await site.setBehaviour({ respond: ({ body }) => (body.includes("__schema") ? { status: 403 } : { status: 503, body: '{"data":{}}' }) });
    expect((await look()).error?.kind).toBe("http_status");
    await site.setBehaviour({ fault: "close_on_accept" });
    site.requests.length = 0;
    expect((await look()).status).toBe("down");
    expect(site.requests).toHaveLength(0);
  });
});

describe("a fault of ours", () => {
  const broken: CheckBaseline = { get: () => Promise.reject(new Error("the store is closed")), set: () => Promise.resolve() };
  const slow: CheckBaseline = { get: () => new Promise(() => {}), set: () => Promise.resolve() };

  test("says nothing about the API, and what was read before it can be asserted on", async () => {
    const { hash } = readSchemaOf(shop);
    const run = await tryCheck(trial({ assertions: [{ source: "schema_hash", op: "eq", value: hash }] }), { baseline: broken });
    expect(run.status).toBe("up");
    expect(run.detail().observed).toMatchObject({ schemaHash: hash, schemaProblem: "the schema was not compared: the store is closed" });
  });

  test("ends at the deadline, too; an assertion on what is then missing makes the check unknown, not down", async () => {
    const run = await tryCheck(trial({ timeoutMs: 1_500 }), { baseline: slow });
    expect(run.status).toBe("up");
    expect(run.detail().observed.schemaProblem).toBe("the schema was not compared before the deadline");
    const asserted = await tryCheck(trial({ timeoutMs: 1_500, assertions: [{ source: "schema_hash", op: "eq", value: "ab" }] }), { baseline: slow });
    expect(asserted).toMatchObject({ status: "unknown", error: { kind: "internal", message: "schema hash: the schema was not compared before the deadline" } });
  });
});

test("a schema that changes faster than it can be compared makes the check degraded, for as long as it does", async () => {
  const check = prepareCheck(checkOf(trial({ timeoutMs: 600_000 })));
  let now = 0;
  // A slow machine: each look at the clock is ten seconds later.
  await runCheck(check, { ...openEnvironment, baseline, clock: { ...openEnvironment.clock, monotonic: () => (now += 10_000) } });
  sdl = more;
  const stopped = { ...openEnvironment.clock, monotonic: () => now };
  const run = await runCheck(check, { ...openEnvironment, baseline, clock: stopped });
  expect(run).toMatchObject({ status: "degraded", error: { kind: "schema_changed", message: "introspection failed: the schema changes faster than it can be compared" } });
  now += 600_000;
  expect((await runCheck(check, { ...openEnvironment, baseline, clock: stopped })).status).toBe("up");
});

function readSchemaOf(text: string): Schema {
  return readSchema(answerOf(text)) as Schema;
}

test("the query asks for all of a schema that a client notices", () => {
  const rich = buildSchema(`
    directive @auth(role: Role = ADMIN) on FIELD_DEFINITION
    enum Role { ADMIN OLD @deprecated(reason: "gone") }
    interface Node { id: ID! }
    input Filter { tags: [[String!]!] = [["a"]], limit: Int = 5 }
    union Any = User | Group
    type User implements Node { id: ID! name: String @deprecated }
    type Group implements Node { id: ID! members(filter: Filter = { limit: 3 }): [[[User!]!]!]! }
    type Query { any: Any }
    type Mutation { add(name: String!): User }
    type Subscription { added: User }
  `);
  const { data } = graphqlSync({ schema: rich, source: introspectionQuery });
  expect(readSchema(JSON.stringify({ data }))).toMatchObject({ sdl: printSchema(lexicographicSortSchema(rich)) });
});

test("hostile introspection is refused, whatever it nests and names", () => {
  let deep = '{"kind":"SCALAR","name":"Int"}';
  for (let depth = 0; depth < 20_000; depth++) deep = `{"kind":"LIST","ofType":${deep}}`;
  const types = (fields: string) => `{"data":{"__schema":{"queryType":{"name":"Query"},"directives":[],"types":[{"kind":"OBJECT","name":"Query","interfaces":[],"fields":${fields}}]}}}`;
  const hostile = [types(`[{"name":"a","args":[],"type":${deep}}]`), types('[{"name":"a b{}","args":[],"type":{"kind":"SCALAR","name":"Int"}}]'), types('[{"name":"a","args":[],"type":{"kind":"OBJECT","name":"Gone"}}]'), types("7"), '{"data":{"__schema":null}}', "[]", ""];
  for (const answer of hostile) expect(readSchema(answer)).toMatchObject({ kind: "http_malformed" });
});

test("a standard scalar that is no longer used is not told of by itself", () => {
  const changes = compareSchemas("type Query { a: Float b: Int }", "type Query { b: Int c: Boolean }");
  expect(changes.map(({ description }) => description)).toEqual(["Query.a was removed", "Query.c was added"]);
});

test("dangerous changes are told apart from breaking and safe ones", () => {
  const before = "type Query { a(x: Int = 1): E } enum E { ONE }";
  const after = "type Query { a(x: Int = 2): E! b: Int } enum E { ONE TWO }";
  expect(compareSchemas(before, after).map(({ effect, type }) => `${effect} ${type}`)).toEqual(["dangerous ARG_DEFAULT_VALUE_CHANGE", "dangerous VALUE_ADDED_TO_ENUM", "safe FIELD_ADDED"]);
});
