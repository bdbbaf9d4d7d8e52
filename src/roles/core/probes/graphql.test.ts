import { afterAll, beforeAll, expect, test } from "bun:test";
import { startFakeSite, type FakeSite } from "../../../testing/fake_site.ts";
import { tryCheck } from "../../../testing/run_check.ts";

let site: FakeSite;
beforeAll(async () => {
  site = await startFakeSite();
});
afterAll(() => site.close());

async function ask(answer: object | string, target: object = {}, assertions: Parameters<typeof tryCheck>[0]["assertions"] = [], status = 200) {
  await site.setBehaviour({ status, body: typeof answer === "string" ? answer : JSON.stringify(answer) });
  site.requests.length = 0;
  return tryCheck({ type: "graphql", target: { url: `${site.url}/graphql`, query: "query Q($a: Int) { user(a: $a) { name } }", ...target }, assertions });
}

test("query, variables and operation name go out as JSON", async () => {
  const run = await ask({ data: { user: { name: "Ann" } } }, { variables: { a: 1 }, operationName: "Q", headers: { "X-A": "1" } }, [{ source: "json", path: "$.data.user.name", op: "eq", value: "Ann" }]);
  expect(run.status).toBe("up");
  expect(site.requests[0]).toMatchObject({ method: "POST", path: "/graphql", headers: { "content-type": "application/json", "x-a": "1" } });
  expect(JSON.parse(site.requests[0]!.body)).toEqual({ query: "query Q($a: Int) { user(a: $a) { name } }", variables: { a: 1 }, operationName: "Q" });
});

test("errors with status 200 are a failure", async () => {
  const run = await ask({ data: null, errors: [{ message: "Cannot query field x" }] });
  expect(run).toMatchObject({ status: "down", code: 200, error: { kind: "graphql_errors", message: "graphql errors: Cannot query field x" } });
});

test("errors with status 400 are named before the status", async () => {
  expect((await ask({ errors: [{ message: "syntax" }] }, {}, [], 400)).error?.message).toBe("graphql errors: syntax");
});

test("errors may be allowed, or asserted on", async () => {
  expect((await ask({ data: { user: null }, errors: [{ message: "partial" }] }, { allowErrors: true })).status).toBe("up");
  expect((await ask({ errors: [{ message: "denied" }] }, {}, [{ source: "graphql_errors", op: "contains", value: "denied" }])).status).toBe("up");
});

const denied = { message: "denied", path: ["users", 0, "name"], extensions: { code: "FORBIDDEN" } };
const partial = { data: { users: [{ name: null }] }, errors: [denied, "odd"] };

test("an error says where it happened and its code, in the reason and in what was observed", async () => {
  const run = await ask(partial);
  expect(run).toMatchObject({ status: "down", error: { kind: "graphql_errors", message: "graphql errors: denied (at users.0.name, code FORBIDDEN); odd" } });
  expect(run.detail().observed.errors).toEqual([{ message: "denied", path: "users.0.name", code: "FORBIDDEN" }, { message: "odd" }]);
  expect((await ask(partial, {}, [{ source: "graphql_errors", op: "not_contains", value: "code FORBIDDEN" }])).status).toBe("down");
});

test("errors beside data are down, degraded or allowed, as the check says", async () => {
  expect((await ask(partial, { partialData: "down" })).status).toBe("down");
  const degraded = await ask(partial, { partialData: "degraded" });
  expect(degraded).toMatchObject({ status: "degraded", error: { kind: "graphql_errors" } });
  expect((await ask(partial, { partialData: "allow" })).status).toBe("up");
  expect((await ask({ data: { users: [] } }, { partialData: "degraded" })).status).toBe("up");
});

test("errors without data are down, whatever is said of partial data", async () => {
  for (const partialData of ["degraded", "allow"]) {
    for (const answer of [{ errors: [denied] }, { data: null, errors: [denied] }]) {
      expect(await ask(answer, { partialData })).toMatchObject({ status: "down", error: { kind: "graphql_errors", message: "graphql errors: denied (at users.0.name, code FORBIDDEN)" } });
    }
  }
  expect((await ask({ data: null, errors: [denied] }, { partialData: "down", allowErrors: true })).status).toBe("up");
});

test("data can be asserted on beside errors", async () => {
  const assertions = [{ source: "json", path: "$.data.users[0].name", op: "eq", value: "Ann" }];
  expect((await ask(partial, { partialData: "allow" }, assertions)).error?.message).toBe('json $.data.users[0].name null, expected "Ann"');
});

test("thousands of errors are shown in part", async () => {
  const run = await ask({ data: null, errors: Array.from({ length: 5_000 }, () => denied) });
  expect(run.error!.message.length).toBeLessThan(400);
  expect(run.detail().observed.errors).toHaveLength(20);
});

test("an answer that is no GraphQL is a failure", async () => {
  expect((await ask("<html>")).error?.message).toBe('graphql errors: the body is not JSON: it begins with "<html>"');
  expect((await ask({ ok: true })).error?.kind).toBe("graphql_errors");
});

test("the status counts", async () => {
  expect((await ask({ data: {} }, {}, [], 502)).error).toEqual({ kind: "http_status", message: "status 502, expected 200-299" });
});
