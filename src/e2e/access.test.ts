/** Who may not: no credential, too small a role, another tenant, an address that is closed, too many requests. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { type Answer, createSend, expectProblem, type Send, signIn } from "../testing/api_client.ts";
import { startFakeSite } from "../testing/fake_site.ts";
import { createProductFolder, eventually, owner, type Product } from "../testing/start_product.ts";

const folder = createProductFolder();
const member = { email: "viewer@example.com", password: "looks but does not touch" };
let product: Product;
let send: Send;
let viewer: Send;
let check: string;
let channel: string;

beforeAll(async () => {
  product = await folder.start("--grpc-port", "0");
  send = await signIn(product.http, owner);
  check = String((await send("POST", "/checks", { json: checkOf("http://127.0.0.1:9/") })).json["id"]);
  channel = String((await send("POST", "/channels", { json: webhookTo("http://127.0.0.1:9/") })).json["id"]);
  await send("POST", "/members", { json: { ...member, role: "viewer" } });
  viewer = await signIn(product.http, member);
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Due in a day: it runs when asked to and not before. */
function checkOf(url: string, changes: Record<string, unknown> = {}) {
  return { name: "good", type: "http", target: { url }, retries: 0, schedule: { every: "1d" }, ...changes };
}

function webhookTo(url: string) {
  return { type: "webhook", name: "good", settings: { url } };
}

async function everything(): Promise<string> {
  return (await Promise.all(["/checks", "/channels", "/members"].map((path) => send("GET", path)))).map(({ text }) => text).join();
}

test("a viewer reads and writes nothing", async () => {
  const before = await everything();
  expect((await viewer("GET", `/checks/${check}`)).status).toBe(200);
  const writes: [string, string, unknown?][] = [
    ["POST", "/checks", checkOf("http://127.0.0.1:9/")], ["POST", "/checks/test", checkOf("http://127.0.0.1:9/")], ["PATCH", `/checks/${check}`, { version: 1, name: "other" }], ["DELETE", `/checks/${check}`],
    ["POST", `/checks/${check}/run`], ["POST", `/checks/${check}/pause`], ["POST", "/channels", webhookTo("http://127.0.0.1:9/")], ["DELETE", `/channels/${channel}`], ["POST", `/channels/${channel}/test`],
    ["POST", "/members", { email: "x@example.com", role: "owner", password: owner.password }], ["POST", "/tenants", { name: "mine" }], ["GET", "/audit"],
  ];
  for (const [method, path, json] of writes) expectProblem(await viewer(method, path, { json }), 403, "forbidden");
  expect(await everything()).toBe(before);
});

test("what is no credential opens nothing", async () => {
  const right = await product.token();
  const [head, , signature] = right.split(".");
  const claims = (changes: Record<string, unknown>) => Buffer.from(JSON.stringify({ ...(JSON.parse(Buffer.from(right.split(".")[1]!, "base64url").toString()) as object), ...changes })).toString("base64url");
  const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  const wrong: Record<string, string>[] = [
    {}, { authorization: "" }, { authorization: "Bearer" }, { authorization: `Basic ${right}` }, { authorization: "Bearer rubbish" }, { authorization: `Bearer ${right}x` },
    { authorization: `Bearer ${head}.${claims({ exp: 1 })}.${signature}` }, { authorization: `Bearer ${head}.${claims({ exp: 9e9 })}.${signature}` }, { authorization: `Bearer ${unsigned}.${claims({})}.` },
    { "x-api-key": "upk_rubbish" }, { "x-api-key": right }, { cookie: "uptimeping_access=rubbish" },
  ];
  for (const headers of wrong) expectProblem(await createSend(product.http, headers)("GET", "/checks"), 401, "unauthenticated");
  expectProblem(await createSend(product.http)("POST", "/auth/login", { json: { email: owner.email, password: "hunter2 is wrong" } }), 401, "unauthenticated");
});

test("the same request under one key is done once, with another body it is refused", async () => {
  const headers = { "idempotency-key": "once-and-only" };
  const [first, second] = [await send("POST", "/channels", { json: webhookTo("http://x.example/"), headers }), await send("POST", "/channels", { json: webhookTo("http://x.example/"), headers })];
  expect(first.status).toBe(201);
  expect(second.json).toEqual(first.json);
  expectProblem(await send("POST", "/channels", { json: webhookTo("http://y.example/"), headers }), 422, "invalid_argument");
  const key = { name: "ci", role: "viewer" };
  const keys = [await send("POST", "/auth/api-keys", { json: key }), await send("POST", "/auth/api-keys", { json: key })].map(({ json }) => String(json["key"]));
  expect(new Set(keys).size).toBe(2);
  const withKey = createSend(product.http, { "x-api-key": keys[0]! });
  expect((await withKey("GET", "/checks")).status).toBe(200);
  expectProblem(await withKey("POST", "/checks", { json: checkOf("http://x.example/") }), 403, "forbidden");
  expect((await send("GET", "/auth/api-keys")).text).not.toContain(keys[0]!);
});

test("an address of the product's own, and one that tells a machine's secrets, is never asked", async () => {
  const own = [product.http, product.health, `http://${product.grpc}`, product.http.replace("127.0.0.1", "localhost"), product.http.replace("127.0.0.1", "[::ffff:127.0.0.1]")];
  const metadata = ["http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "http://2852039166/", "http://0xa9fea9fe/", "http://0.0.0.0/", "http://[fe80::1]/"];
  for (const url of [...own, ...metadata]) {
    const tried = await send("POST", "/checks/test", { json: checkOf(url) });
    expect({ url, ...tried.json }).toMatchObject({ url, status: "unknown", error: { kind: "target_forbidden" } });
  }
  const stored = await send("POST", "/checks", { json: checkOf(own[0]!) });
  await send("POST", `/checks/${String(stored.json["id"])}/run`);
  const results = await eventually("the run", () => send("GET", `/checks/${String(stored.json["id"])}/results`), ({ json }) => (json["items"] as unknown[]).length > 0);
  expect(results.json["items"]).toMatchObject([{ status: "unknown", error: { kind: "target_forbidden" } }]);
  const hook = await send("POST", "/channels", { json: webhookTo(`${product.http}/api/v1/auth/logout`) });
  expectProblem(hook, 422, "invalid_argument");
  expect(hook.text).toContain("own listeners");
});

test("a site cannot send a probe on to what is closed", async () => {
  await using site = await startFakeSite({ status: 302, headers: { Location: "http://169.254.169.254/latest/" } });
  expect((await send("POST", "/checks/test", { json: checkOf(site.url) })).json).toMatchObject({ status: "unknown", error: { kind: "target_forbidden" } });
  await site.setBehaviour({ status: 302, headers: { Location: `${product.http}/api/v1/version` } });
  expect((await send("POST", "/checks/test", { json: checkOf(site.url) })).json).toMatchObject({ status: "unknown", error: { kind: "target_forbidden" } });
});

test("what belongs to another tenant is not there", async () => {
  const { json: incident } = await brokenCheck();
  const mine = [`/checks/${check}`, `/channels/${channel}`, `/schedules/${check}`, `/incidents/${String(incident["id"])}`];
  for (const path of mine) expect((await send("GET", path)).status).toBe(200);
  const made = await send("POST", "/tenants", { json: { name: "Neighbour" } });
  const neighbour = await signIn(product.http, { ...owner, tenantId: String(made.json["id"]) });
  const before = await everything();
  for (const path of mine) expectProblem(await neighbour("GET", path), 404, "not_found");
  for (const path of mine.slice(0, 2)) {
    expectProblem(await neighbour("PATCH", path, { json: { name: "taken", version: 1 } }), 404, "not_found");
    expectProblem(await neighbour("DELETE", path), 404, "not_found");
  }
  for (const call of ["run", "pause"]) expectProblem(await neighbour("POST", `/checks/${check}/${call}`), 404, "not_found");
  expectProblem(await neighbour("POST", "/checks/test", { json: { id: check } }), 404, "not_found");
  expectProblem(await neighbour("POST", `${mine[3]}/acknowledge`, { json: {} }), 404, "not_found");
  expectProblem(await neighbour("POST", "/schedules", { json: { checkId: check, every: "1m" } }), 404, "not_found");
  for (const path of ["/checks", "/channels", "/incidents", "/notifications"]) expect((await neighbour("GET", path)).json["items"]).toEqual([]);
  // With a second tenant the house's own network is closed to both.
  const kindOf = ({ json }: Answer) => (json["error"] as { kind: string }).kind;
  const closed = await eventually("it is closed", () => send("POST", "/checks/test", { json: checkOf("http://127.0.0.1:9/") }), (answer) => kindOf(answer) === "target_forbidden");
  expect(closed.text).toContain("egress-allow");
  expect(await everything()).toBe(before);
});

async function brokenCheck(): Promise<Answer> {
  const { json } = await send("POST", "/checks", { json: checkOf("http://127.0.0.1:9/", { failureThreshold: 1 }) });
  await send("POST", `/checks/${String(json["id"])}/run`);
  const { id } = await eventually("an incident", async () => ((await send("GET", `/incidents?checkId=${String(json["id"])}`)).json["items"] as { id: string }[])[0] ?? { id: "" }, (found) => found.id !== "");
  return send("GET", `/incidents/${id}`);
}

test("a number of bytes in a header, or a host in a path, misleads nobody", async () => {
  const huge = await createSend(product.http, { authorization: `Bearer ${"x".repeat(100_000)}` })("GET", "/checks").catch(() => undefined);
  expect([400, 401, 413, 431, undefined]).toContain(huge?.status);
  // Some routers take the path from where a host of usual length would end.
  for (const host of ["x", "localhost/api/v1/version?", "127.0.0.1@evil.example"]) {
    const said = await rawRequest(`GET /api/v1/checks HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(said).toMatch(/^HTTP\/1\.1 40[01] /);
  }
  const smuggled = await rawRequest("POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n");
  expect(smuggled).not.toStartWith("HTTP/1.1 2");
  expect((await send("GET", "/checks")).status).toBe(200);
});

async function rawRequest(text: string): Promise<string> {
  let said = "";
  const { hostname, port } = new URL(product.http);
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on("data", (bytes) => (said += bytes.toString("latin1")));
    socket.on("close", () => resolve()).on("error", reject);
  });
  return said;
}

test("who asks too often is told when to come back", async () => {
  await using small = createProductFolder();
  const limited = await small.start("--rate-limit-user", "3", "--rate-limit-login", "2");
  const asks = await signIn(limited.http, owner);
  const answers = [await asks("GET", "/checks"), await asks("GET", "/checks"), await asks("GET", "/checks"), await asks("GET", "/checks")];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  expectProblem(answers[3]!, 429, "rate_limited");
  expect(Number(answers[3]!.headers.get("retry-after"))).toBeWithin(1, 61);
  expect(answers[3]!.headers.get("ratelimit")).toMatch(/"user";r=0;t=\d+/);
  expect(answers[3]!.headers.get("ratelimit-policy")).toContain('"user";q=3;w=60');
  const guess = () => createSend(limited.http)("POST", "/auth/login", { json: { email: owner.email, password: "not this one either" } });
  expect((await guess()).status).toBe(401);
  expectProblem(await guess(), 429, "rate_limited");
});
