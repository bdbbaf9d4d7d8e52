import { describe, expect, test } from "bun:test";
import { startFakeSite, type Behaviour } from "../../testing/fake_site.ts";
import { tryCheck } from "../../testing/run_check.ts";
import { createSecretMask } from "./secret_mask.ts";

const masked = (type: string, target: object, text: string) => createSecretMask(type, target as never)?.text(text);

describe("what a target says back", () => {
  test("is kept without the secrets that were sent: in the reason, the headers, a redirect and the excerpt", async () => {
    const secret = "p4ss/word+1";
    await using site = await startFakeSite({
      respond({ path, headers }): Partial<Behaviour> {
        const key = headers["x-api-key"]!;
        if (path === "/") return { status: 302, headers: { Location: `/said?auth=${encodeURIComponent(key)}` } };
        return { headers: { "X-Said": key }, body: JSON.stringify({ said: key }) };
      },
    });
    const assertions = [{ source: "json", path: "$.said", op: "eq", value: "something else" }];
    const run = await tryCheck({ target: { url: `${site.url}/`, headers: { "X-Api-Key": secret } }, assertions, retries: 1 });
    expect(run.error).toEqual({ kind: "assertion_failed", message: 'json $.said "***", expected "something else"' });
    const detail = run.detail(true);
    expect(detail.observed).toMatchObject({ headers: { "x-said": "***" }, excerpt: '{"said":"***"}', redirects: [{ url: `${site.url}/said?auth=***` }] });
    expect(detail.assertions.find(({ source }) => source === "json")).toMatchObject({ expectedJson: '"something else"', actualJson: '"***"' });
    expect(JSON.stringify([detail, run.error])).not.toContain("p4ss");
  });

  test("is judged as it came", async () => {
    await using site = await startFakeSite({ respond: ({ headers }) => ({ body: headers["authorization"]! }) });
    const run = await tryCheck({ target: { url: site.url, auth: { type: "bearer", token: "s3cret-token" } }, assertions: [{ source: "body", op: "eq", value: "Bearer s3cret-token" }] });
    expect([run.status, run.detail(true).observed["excerpt"]]).toEqual(["up", "Bearer ***"]);
  });
});

describe("a secret is known again", () => {
  const user = { username: "me", password: "hunter2-hunter2" };
  const basic = Buffer.from("me:hunter2-hunter2").toString("base64");
  const table: [string, string, object, string, string][] = [
    ["without its scheme", "websocket", { headers: { authorization: "Bearer abcdef-1" } }, "bad token abcdef-1", "bad token ***"],
    ["by the value of a cookie", "http", { headers: { Cookie: "sid=abcdef-1; theme=dark" } }, "no session abcdef-1, dark", "no session ***, dark"],
    ["as basic credentials", "http", { auth: { type: "basic", ...user } }, `Basic ${basic}`, "Basic ***"],
    ["as credentials of a proxy", "graphql", { proxy: { url: "http://p", ...user } }, `407 for ${basic}`, "407 for ***"],
    ["in a URL", "grpc", { metadata: { "X-Api-Key": "a b/c+d" } }, "?key=a%20b%2Fc%2Bd", "?key=***"],
    ["in a form", "http", { auth: { type: "oauth2", clientSecret: "a b/c+d" } }, "client_secret=a+b%2Fc%2Bd", "client_secret=***"],
    ["in a JSON text", "http", { auth: { type: "bearer", token: 'ab"cd"ef' } }, '{"token":"ab\\"cd\\"ef"}', '{"token":"***"}'],
  ];
  for (const [how, type, target, said, kept] of table) test(how, () => expect(masked(type, target, said)).toBe(kept));
});

test("a check without secrets, or with one that is a common word, is left as it is", () => {
  expect(createSecretMask("http", { url: "http://x/", headers: { "X-A": "visible" } })).toBeUndefined();
  expect(createSecretMask("http", { headers: { "x-api-key": "ok" } })).toBeUndefined();
  expect(createSecretMask("tls", { host: "x", tls: { keyPem: "-----BEGIN PRIVATE KEY-----" } })).toBeUndefined();
  expect(createSecretMask("constructor", { url: "x" })).toBeUndefined();
});
