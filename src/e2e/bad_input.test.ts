/** Whatever is sent that is not right: refused in the same words everywhere, and nothing of it stays. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { expectProblem, pointersOf, type Send, type Sent, signIn } from "../testing/api_client.ts";
import { createProductFolder, owner, type Product } from "../testing/start_product.ts";

const folder = createProductFolder();
let product: Product;
let send: Send;
let known: Record<string, string>;
/** Every answer of this file, to look for what must not be in one. */
const answers: string[] = [];

beforeAll(async () => {
  product = await folder.start("--log-level", "debug", "--rate-limit-ip", "0", "--rate-limit-user", "0", "--rate-limit-tenant", "0", "--rate-limit-login", "0");
  send = heard(await signIn(product.http, owner));
  const check = await send("POST", "/checks", { json: checkWith({}) });
  const channel = await send("POST", "/channels", { json: channelWith({}) });
  const me = await send("GET", "/auth/me");
  known = { check: String(check.json["id"]), channel: String(channel.json["id"]), user: String((me.json["user"] as { id: string }).id) };
  expect([check.status, channel.status]).toEqual([201, 201]);
});
afterAll(() => folder[Symbol.asyncDispose]());

function heard(inner: Send): Send {
  return async (...request) => {
    const answer = await inner(...request);
    answers.push(answer.text);
    return answer;
  };
}

/** Due in a day: nothing changes by itself. */
function checkWith(changes: Record<string, unknown>, target: Record<string, unknown> = {}) {
  return { name: "good", type: "http", target: { url: "http://127.0.0.1:9/", ...target }, schedule: { every: "1d" }, ...changes };
}

function channelWith(settings: Record<string, unknown>, type = "webhook") {
  return { type, name: "good", settings: { url: "http://127.0.0.1:9/", ...settings } };
}

async function stored(): Promise<string> {
  const lists = await Promise.all(["/checks", "/schedules", "/channels", "/members", "/auth/api-keys", "/forge/protos", "/tenants"].map((path) => send("GET", path)));
  expect(lists.map(({ status }) => status)).toEqual(lists.map(() => 200));
  return lists.map(({ json }) => JSON.stringify(json["items"], (key, value: unknown) => (key === "lastUsedAt" ? null : value))).join("\n");
}

const assertion = (fields: Record<string, unknown>) => checkWith({ assertions: [{ source: "status", op: "in", value: "200", ...fields }] });
const repeated = "(".repeat(5_000);

const badChecks: [name: string, document: unknown, pointers: string[]][] = [
  ["no name", { type: "http", target: { url: "http://x.example" } }, ["/name"]],
  ["an unknown field", checkWith({ colour: "red" }), ["/colour"]],
  ["an unknown field of the target", checkWith({}, { uri: "x" }), ["/target/uri"]],
  ["an unknown field of the schedule", checkWith({ schedule: { evry: "1m" } }), ["/schedule/evry"]],
  ["a field of the server's own", checkWith({ version: 3 }), ["/version"]],
  ["three faults at once", checkWith({ name: 7, timeoutMs: "fast", enabled: "yes" }), ["/enabled", "/name", "/timeoutMs"]],
  ["an unknown type", checkWith({ type: "carrier-pigeon" }), ["/type"]],
  ["a target that is a text", checkWith({ target: "http://x.example" }), ["/target"]],
  ["a body that is a list", [checkWith({})], [""]],
  ...["file:///etc/passwd", "javascript:alert(1)", "ftp://x.example/", "gopher://x.example/", "data:,x", "//x.example", "http://", "http:x", "http://x.example/a\r\nb", "http://user:word@x.example:99999/", "not a url", "", "http://user:word@x.example/", "http://x.example\r\nX: 1"].map(
    (url): [string, unknown, string[]] => [`the URL ${JSON.stringify(url)}`, checkWith({}, { url }), ["/target/url"]],
  ),
  ["a header that smuggles a second one", checkWith({}, { headers: { "X-A": "1\r\nX-B: 2" } }), ["/target/headers/X-A"]],
  ["a method that is none", checkWith({}, { method: "GET / HTTP/1.1" }), ["/target/method"]],
  ["a pattern that does not end", assertion({ source: "body", op: "matches", value: "(" }), ["/assertions/0/value"]],
  ["a pattern that is nested beyond reason", assertion({ source: "body", op: "matches", value: repeated }), ["/assertions/0/value"]],
  ["a JSON path that is none", assertion({ source: "json", path: "$[", op: "eq", value: 1 }), ["/assertions/0/path"]],
  ["an operator that is none", assertion({ op: "resembles" }), ["/assertions/0/op"]],
  ["an operator that does not go with the source", assertion({ op: "contains" }), ["/assertions/0/op"]],
  ["a source that is none", assertion({ source: "smell" }), ["/assertions/0/source"]],
  ["more often than once a second", checkWith({ schedule: { every: "500ms" } }), ["/schedule/every"]],
  ["never", checkWith({ schedule: { every: "0s" } }), ["/schedule/every"]],
  ["an interval that is none", checkWith({ schedule: { every: "soon" } }), ["/schedule/every"]],
  ["a cron line that is none", checkWith({ schedule: { cron: "61 * * * *" } }), ["/schedule/cron"]],
  ["a zone that is none", checkWith({ schedule: { cron: "0 * * * *", timezone: "Mars/Olympus" } }), ["/schedule/timezone"]],
  ["a timeout of nothing", checkWith({ timeoutMs: 0 }), ["/timeoutMs"]],
  ["a timeout of an hour", checkWith({ timeoutMs: 3_600_000 }), ["/timeoutMs"]],
  ["a timeout in fractions", checkWith({ timeoutMs: 1_000.5 }), ["/timeoutMs"]],
  ["fewer than no retries", checkWith({ retries: -1 }), ["/retries"]],
  ["a channel id that is none", checkWith({ channels: ["'; drop table checks; --"] }), ["/channels/0"]],
];

describe("a check is refused for", () => {
  test.each(badChecks)("%s", async (_, document, pointers) => {
    const before = await stored();
    const answer = await send("POST", "/checks", { json: document });
    expectProblem(answer, 422, "invalid_argument");
    expect(pointersOf(answer)).toEqual(pointers);
    // A trial has no schedule.
    if (!pointers[0]!.startsWith("/schedule")) expectProblem(await send("POST", "/checks/test", { json: document }), 422, "invalid_argument");
    expect(await stored()).toBe(before);
  });

  test("two times at once, an interval and a cron line", async () => {
    const before = await stored();
    const answer = await send("POST", "/checks", { json: checkWith({ schedule: { every: "1m", cron: "* * * * *" } }) });
    expectProblem(answer, 422, "invalid_argument");
    expect(pointersOf(answer)[0]).toStartWith("/schedule");
    expect(await stored()).toBe(before);
  });
});

const badChannels: [name: string, document: unknown, pointers: string[]][] = [
  ["an unknown type", channelWith({}, "fax"), ["/type"]],
  ["an unknown setting", channelWith({ uri: "x" }), ["/settings/uri"]],
  ["a short secret", channelWith({ secret: "whsec_c2hvcnQ=" }), ["/settings/secret"]],
  ["a secret in another writing", channelWith({ secret: "hunter2hunter2hunter2" }), ["/settings/secret"]],
  ["a scheme that reads files", channelWith({ url: "file:///etc/passwd" }), ["/settings/url"]],
  ["a user in the URL", channelWith({ url: "http://user:word@x.example/" }), ["/settings/url"]],
  ["a header of the signature's", channelWith({ headers: { "webhook-id": "1" } }), ["/settings/headers/webhook-id"]],
  ...['{{constructor.constructor "return process"}}', "{{lookup this '__proto__'}}", "{{#each", "{{> (lookup . 'x')}}"].map((template): [string, unknown, string[]] => [`the template ${template}`, channelWith({ template }), ["/settings/template"]]),
  ["a recipient that adds another", { type: "email", name: "x", settings: { host: "127.0.0.1", from: "a@example.com", to: ["b@example.com\r\nBcc: c@example.com"] } }, ["/settings/to/0"]],
];

test.each(badChannels)("a channel is refused for %s", async (_, document, pointers) => {
  const before = await stored();
  const answer = await send("POST", "/channels", { json: document });
  expectProblem(answer, 422, "invalid_argument");
  expect(pointersOf(answer)).toEqual(pointers);
  expect(await stored()).toBe(before);
});

const badRequests: [name: string, method: string, path: string, sent: Sent, status: number, code: string][] = [
  ["JSON that breaks off", "POST", "/checks", { body: '{"name":' }, 400, "malformed"],
  ["an empty body", "POST", "/checks", { body: "" }, 400, "malformed"],
  ["nesting beyond reason", "POST", "/checks", { body: `${"[".repeat(50_000)}${"]".repeat(50_000)}` }, 400, "malformed"],
  ["another content type", "POST", "/checks", { body: "name=x", headers: { "content-type": "application/x-www-form-urlencoded" } }, 415, "unsupported_media_type"],
  ["too much", "POST", "/checks", { body: JSON.stringify({ name: "x".repeat(3_000_000) }) }, 413, "payload_too_large"],
  ["a route that is none", "GET", "/nothing", {}, 404, "not_found"],
  ["a check that is none", "GET", "/checks/chk_01ARZ3NDEKTSV4RRFFQ69G5FAV", {}, 404, "not_found"],
  ["an id that is a path", "GET", "/checks/..%2f..%2fetc%2fpasswd", {}, 404, "not_found"],
  ["a method that is not there", "PUT", "/checks", { json: {} }, 405, "method_not_allowed"],
  ["a limit out of bounds", "GET", "/checks?limit=0", {}, 422, "invalid_argument"],
  ["a limit given twice", "GET", "/checks?limit=1&limit=2", {}, 422, "invalid_argument"],
  ["an unknown parameter", "GET", "/checks?colour=red", {}, 422, "invalid_argument"],
  ["a schedule for no check", "POST", "/schedules", { json: { checkId: "chk_none", every: "1m" } }, 404, "not_found"],
  ["a weak password", "POST", "/members", { json: { email: "new@example.com", role: "viewer", password: "short" } }, 422, "invalid_argument"],
  ["an address that is none", "POST", "/members", { json: { email: "new", role: "viewer", password: owner.password } }, 422, "invalid_argument"],
  ["a role that is none", "POST", "/members", { json: { email: "new@example.com", role: "emperor", password: owner.password } }, 422, "invalid_argument"],
  ["a template that reaches out", "POST", "/templates/preview", { json: { channelType: "webhook", text: "{{constructor.name}}" } }, 422, "invalid_argument"],
  ["a window that is none", "GET", "/checks/$check/uptime?window=1w", {}, 422, "invalid_argument"],
  ["a patch without a version", "PATCH", "/checks/$check", { json: { name: "other" } }, 422, "invalid_argument"],
  ["a patch of an old version", "PATCH", "/checks/$check", { json: { name: "other" }, headers: { "if-match": '"99"' } }, 409, "version_conflict"],
  ["a patch that breaks the check", "PATCH", "/checks/$check", { json: { version: 1, timeoutMs: -1 } }, 422, "invalid_argument"],
  ["a patch that breaks the schedule", "PATCH", "/checks/$check", { json: { version: 1, name: "other", schedule: { every: "1ms" } } }, 422, "invalid_argument"],
  ["a version that is none", "PATCH", "/checks/$check", { json: { name: "other" }, headers: { "if-match": '"new"' } }, 422, "invalid_argument"],
  ["a member who is one already", "POST", "/members", { json: { email: owner.email, role: "viewer" } }, 409, "already_exists"],
  ["the last owner's farewell", "PATCH", "/members/$user", { json: { role: "viewer" } }, 409, "failed_precondition"],
  ["a registration where it is closed", "POST", "/auth/register", { json: { email: "new@example.com", password: owner.password } }, 403, "forbidden"],
  ["a set-up where one was", "POST", "/auth/setup", { json: { token: "x", email: "new@example.com", password: owner.password } }, 409, "failed_precondition"],
  ["a refresh token that is none", "POST", "/auth/refresh", { json: { refreshToken: "x" } }, 401, "unauthenticated"],
  ["an API key with a scope that is none", "POST", "/auth/api-keys", { json: { name: "k", scopes: ["everything"] } }, 422, "invalid_argument"],
  ["an API key that has expired", "POST", "/auth/api-keys", { json: { name: "k", expiresAt: "2001-01-01T00:00:00Z" } }, 422, "invalid_argument"],
  ["an incident that is none", "POST", "/incidents/inc_none/acknowledge", { json: {} }, 404, "not_found"],
  ["a state that is none", "GET", "/incidents?state=vague", {}, 422, "invalid_argument"],
  ["a notification that is none", "POST", "/notifications/ntf_none/retry", {}, 404, "not_found"],
  ["a set of no files", "POST", "/forge/protos", { json: { name: "x", files: [] } }, 422, "invalid_argument"],
  ["a file that climbs out of its folder", "POST", "/forge/protos", { json: { name: "x", files: [{ name: "../../etc/x.proto", text: 'syntax = "proto3";' }] } }, 422, "invalid_argument"],
  ["an archive that is none", "POST", "/forge/protos", { body: "PK", headers: { "content-type": "application/zip" } }, 400, "malformed"],
  ["points beyond reason", "GET", "/checks/$check/latency?window=24h&points=1000000", {}, 422, "invalid_argument"],
  ["a time that is none", "GET", "/checks/$check/results?from=yesterday", {}, 422, "invalid_argument"],
  ["an old version of a channel", "PATCH", "/channels/$channel", { json: { name: "other", version: 99 } }, 409, "version_conflict"],
];

test.each(badRequests)("%s is refused and changes nothing", async (_, method, path, sent, status, code) => {
  const before = await stored();
  expectProblem(await send(method, path.replace(/\$(\w+)/, (_whole, what: string) => known[what]!), sent), status, code);
  expect(await stored()).toBe(before);
});

test("a wrong method is told the right ones", async () => {
  const { headers } = await send("PUT", "/checks", { json: {} });
  expect(headers.get("allow")!.split(", ").toSorted()).toEqual(expect.arrayContaining(["GET", "POST"]));
});

test("what was sent in secret is in no answer and in no line of the log", () => {
  const log = product.log();
  expect(log).toContain('"POST"');
  for (const secret of [owner.password, "hunter2", "user:word", "c2hvcnQ="]) {
    expect(answers.filter((text) => text.includes(secret))).toEqual([]);
    expect(log).not.toContain(secret);
  }
  expect(answers.filter((text) => /\n\s+at |node_modules|\/src\//.test(text))).toEqual([]);
  expect(answers.filter((text) => text.includes('"code":"internal"'))).toEqual([]);
});
