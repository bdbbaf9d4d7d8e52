import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { archiveOf } from "../../testing/temp_archive.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { openCliBench } from "./cli_bench.ts";

const key = { UPTIMEPING_API_KEY: "k" };

test("backup and restore bring the data back and say what they did", async () => {
  await using temp = await openTempStore();
  await using bench = openCliBench({});
  bench.archives[temp.dir] = archiveOf(temp.dir, Date.UTC(2026, 0, 1));
  const file = join(bench.configDir, "one.upb");
  const backup = await bench.run(["backup", file, "--data-dir", temp.dir, "--output", "json"]);
  expect(JSON.parse(backup.stdout)).toMatchObject({ file, files: [{ name: "uptimeping.db" }] });
  const restore = await bench.run(["restore", file], { env: { UPTIMEPING_DATA_DIR: temp.dir } });
  expect(restore.stdout).toContain("2026-01-01T00:00:00.000Z");
  expect(restore.stdout).toContain("uptimeping.db.before-restore-2026-01-01T00-00-00-000Z");
  writeFileSync(file, "rubbish");
  expect(await bench.run(["restore", file, "--data-dir", temp.dir])).toMatchObject({ code: 1, stdout: "" });
});

test("long work shows how far it is on a terminal, and nothing without one", async () => {
  await using temp = await openTempStore();
  await using bench = openCliBench({});
  bench.archives[temp.dir] = archiveOf(temp.dir, 0);
  const args = (name: string) => ["backup", join(bench.configDir, name), "--data-dir", temp.dir];
  expect((await bench.run(args("a"), { terminal: true })).stderr).toContain("100 %");
  expect((await bench.run(args("b"))).stderr).toBe("");
  expect((await bench.run([...args("c"), "--quiet"], { terminal: true })).stderr).toBe("");
});

test("status puts the worst first and counts", async () => {
  const status = (checkId: string, state: string) => ({ checkId, state, since: "2026-01-01T00:00:00.000Z", strip: "uud", uptime24h: 0.99999, lastResult: { latencyMs: 4.2, error: null } });
  await using bench = openCliBench({
    "GET /checks": ({ query }) => ({ body: query.cursor ? { items: [{ id: "chk_2", name: "Api" }], nextCursor: null } : { items: [{ id: "chk_1", name: "Shop" }], nextCursor: "next" } }),
    "GET /statuses": () => ({ body: { items: [status("chk_1", "up"), status("chk_2", "down")] } }),
    "GET /incidents": () => ({ body: { items: [{}], nextCursor: null } }),
  });
  const { stdout } = await bench.run(["status"], { env: key });
  const [summary, , , first, second] = stdout.split("\n");
  expect(summary).toBe("1 down, 1 up; 1 incident is active");
  expect(first).toStartWith("Api");
  expect(second).toMatch(/^Shop {2,}up .* 4\.2 ms +99\.999 % +▂▂█/);
});

test("watching draws again at an event and ends well with Ctrl-C", async () => {
  let state = "up";
  const stream: { push?: () => void } = {};
  await using bench = openCliBench({
    "GET /checks": () => ({ body: { items: [{ id: "chk_1", name: "Shop" }], nextCursor: null } }),
    "GET /statuses": () => ({ body: { items: [{ checkId: "chk_1", state, since: null, strip: "", uptime24h: null, lastResult: null }] } }),
    "GET /incidents": () => ({ body: { items: [], nextCursor: null } }),
    "GET /events": () => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(": keep-alive\n\n"));
          stream.push = () => controller.enqueue(new TextEncoder().encode("event: check.status\ndata: {}\n\n"));
        },
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    },
  });
  const started = performance.now();
  const ran = await bench.run(["status", "--watch"], {
    env: key,
    terminal: true,
    onStdout(text) {
      if (text.includes("1 up")) {
        state = "down";
        stream.push?.();
      }
      if (text.includes("1 down")) bench.interrupt();
    },
  });
  expect(ran.code).toBe(0);
  expect(performance.now() - started).toBeLessThan(4_000);
});

test("generated code goes below the chosen folder and nowhere else", async () => {
  let path = "client/health.ts";
  await using bench = openCliBench({ "POST /forge/protos/prt_1/code": () => ({ body: { files: [{ path, text: "export {};\n" }] } }) });
  const out = mkdtempSync(join(bench.configDir, "out-"));
  expect((await bench.run(["forge", "code", "prt_1", "-o", out], { env: key })).code).toBe(0);
  expect(readFileSync(join(out, "client/health.ts"), "utf8")).toBe("export {};\n");
  for (path of ["../evil.ts", "/tmp/uptimeping-evil.ts", "a/../../evil.ts", ""]) {
    expect((await bench.run(["forge", "code", "prt_1", "-o", out], { env: key })).code).toBe(1);
  }
  expect(existsSync(join(bench.configDir, "evil.ts"))).toBe(false);
});

test("a file is uploaded under the name by which others import it", async () => {
  await using bench = openCliBench({ "POST /forge/protos": () => ({ status: 201, body: { id: "prt_1", name: "health", files: [], services: [] } }) });
  const file = join(bench.configDir, "health.proto");
  writeFileSync(file, 'syntax = "proto3";');
  await bench.run(["forge", "upload", file], { env: key });
  expect(bench.seen[0]!.body).toEqual({ name: "health", files: [{ name: "health.proto", text: 'syntax = "proto3";' }] });
});

test("a running server is named by its address, and what is odd about it is said", async () => {
  const warnings = [{ message: "the server lists the service \"a.T\", but does not describe it" }];
  await using bench = openCliBench({ "POST /forge/protos": () => ({ status: 201, body: { id: "prt_1", name: "h:1", files: [], services: [], warnings } }), "POST /forge/protos/prt_1/checks": () => ({ body: { checks: [], created: [] } }) });
  const { stderr } = await bench.run(["forge", "import", "h:1", "--tls", "--metadata", "authorization=Bearer a=b", "--metadata", "x=y"], { env: key });
  expect(bench.seen[0]!.body).toEqual({ reflection: "h:1", tls: true, metadata: { authorization: "Bearer a=b", x: "y" } });
  expect(stderr).toContain('warning: the server lists the service "a.T", but does not describe it');
  await bench.run(["forge", "checks", "prt_1"], { env: key });
  expect(bench.seen[1]!.body).toEqual({});
});

test("a test that finds the site down ends with exit code 1", async () => {
  let status = "up";
  await using bench = openCliBench({ "POST /checks/test": () => ({ body: { status, latencyMs: 1, attempts: 1, error: null } }) });
  expect((await bench.run(["checks", "test", "chk_1"], { env: key })).code).toBe(0);
  expect(bench.seen[0]!.body).toEqual({ id: "chk_1" });
  status = "down";
  expect((await bench.run(["checks", "test", "--url", "http://x"], { env: key })).code).toBe(1);
});

const failed = {
  status: "down",
  latencyMs: 41.2,
  attempts: 2,
  error: { kind: "tls_expired", message: "tls failed: the certificate has expired" },
  phases: { dnsMs: 1, connectMs: 0.04, tlsMs: 40 },
  probeLagMs: 0.2,
  lostSyns: 1,
  assertions: [{ source: "json", path: "$.ok", op: "eq", expected: true, actual: null, ok: false, severity: "down" }],
  attemptDetails: [1, 2].map((latencyMs) => ({ startedAt: "2026-01-01T00:00:00.000Z", latencyMs, status: "down", error: { kind: "tls_expired", message: "expired" } })),
  observed: {
    remoteAddress: "192.0.2.1",
    flags: { aa: false, ra: true },
    certificate: { chain: [{ subject: "CN=shop.example", issuer: "C=US, CN=R3", subjectAltNames: ["shop.example"], notAfter: "2025-12-31T00:00:00.000Z", daysLeft: -0.5, problem: "has expired" }] },
    dialogue: [{ step: "step 1", sent: "EHLO\r\n", ms: 1.5 }],
    excerpt: "one\n\u001b[31mtwo\n".repeat(15),
  },
};

test("a try is told in full: phases, assertions, attempts, certificates, what was observed, and the answer", async () => {
  await using bench = openCliBench({ "POST /checks/test": () => ({ body: failed }) });
  const { code, stdout } = await bench.run(["checks", "test", "chk_1"], { env: key });
  expect(code).toBe(1);
  for (const line of [
    /^error +tls_expired: tls failed: the certificate has expired$/m,
    /^network +lost one request to connect$/m,
    /^  connect +0\.04 ms  ▏$/m,
    /^  tls +40 ms +█{39}$/m,
    /^  own +0\.20 ms  what uptimeping itself took, not counted$/m,
    /^  down  json \$\.ok eq true  got  nothing$/m,
    /^  2026-01-01 00:00:00Z  down +2\.0 ms +tls_expired: expired$/m,
    /^  1  shop\.example  R3 +2025-12-31  -1 +has expired$/m,
    /^  flags\.ra +true$/m,
    /^  dialogue +step: "step 1", sent: "EHLO\\r\\n", ms: 1\.5$/m,
    /^  … 10 more lines, all with --output json$/m,
  ]) expect(stdout).toMatch(line);
  expect(stdout).not.toContain("\u001b");
  expect(stdout).not.toContain("flags.aa");
  const json = await bench.run(["checks", "test", "chk_1", "--output", "json"], { env: key });
  expect(JSON.parse(json.stdout)).toEqual(failed);
  const csv = await bench.run(["checks", "test", "chk_1", "--output", "csv"], { env: key });
  expect(csv.stdout).toBe('"status","latency","attempts","error"\n"down","41 ms","2","tls_expired: tls failed: the certificate has expired"\n');
});

test("a schema is shown, and accepted only when asked to", async () => {
  await using bench = openCliBench({
    "GET /checks/chk_1/baseline": () => ({ body: { kind: "graphql_schema", hash: "abc", text: "type Query {\n  a: Int\n}", setAt: "2026-01-01T00:00:00.000Z" } }),
    "POST /checks/chk_1/baseline": () => ({ status: 204 }),
  });
  expect((await bench.run(["checks", "baseline", "chk_1"], { env: key })).stdout).toMatch(/hash +abc\nset at +2026-01-01 00:00:00Z\nlines +3/);
  expect(await bench.run(["checks", "baseline", "chk_1", "--accept"], { env: key })).toMatchObject({ code: 0, stderr: "accepted: the next run takes the schema as it is then\n" });
  expect(bench.seen.map(({ method }) => method)).toEqual(["GET", "POST"]);
});

test("a key is made for what it is to do, and no more", async () => {
  await using bench = openCliBench({ "POST /auth/api-keys": () => ({ status: 201, body: { id: "key_1", name: "Prometheus", key: "up_secret" } }) });
  const { code } = await bench.run(["auth", "api-keys", "create", "--name", "Prometheus", "--role", "editor", "--scope", "probe:write", "--scope", "checks:read"], { env: key });
  expect(code).toBe(0);
  expect(bench.seen[0]!.body).toEqual({ name: "Prometheus", role: "editor", scopes: ["probe:write", "checks:read"] });
});

test("a channel of any type is made from its settings", async () => {
  await using bench = openCliBench({ "POST /channels": () => ({ status: 201, body: { id: "chn_1", name: "Ops", type: "discord", enabled: true, version: 1 } }) });
  await bench.run(["channels", "create", "--name", "Ops", "--type", "discord", "--set", "url=https://d.example/x", "--set", "enabled=false", "--set", "locale=ru"], { env: key });
  expect(bench.seen[0]!.body).toEqual({ name: "Ops", type: "discord", enabled: false, locale: "ru", settings: { url: "https://d.example/x" } });
});

test("a channel is tested as it is saved, or as it would be", async () => {
  const refused = () => ({ body: { ok: false, answer: "status 401", latencyMs: 12 } });
  await using bench = openCliBench({ "POST /channels/chn_1/test": refused, "POST /channels/test": refused });
  expect((await bench.run(["channels", "test", "chn_1"], { env: key })).code).toBe(1);
  await bench.run(["channels", "test", "chn_1", "--set", "template=mine"], { env: key });
  await bench.run(["channels", "test", "--name", "Ops", "--type", "json", "--set", "url=http://127.0.0.1:9"], { env: key });
  expect(bench.seen.map(({ path, body }) => [path, body])).toEqual([
    ["/channels/chn_1/test", undefined],
    ["/channels/test", { id: "chn_1", settings: { template: "mine" } }],
    ["/channels/test", { name: "Ops", type: "json", settings: { url: "http://127.0.0.1:9" } }],
  ]);
});

test("the types of channels are listed with what they need", async () => {
  const fields = [{ name: "url", required: true, secret: true }, { name: "template", required: false, secret: false }];
  await using bench = openCliBench({ "GET /channels/providers": () => ({ body: { items: [{ type: "discord", title: "Discord", group: "chat", docs: "https://d.example/docs", fields }] } }) });
  const { code, stdout } = await bench.run(["channels", "providers", "--output", "json"], { env: key });
  expect(code).toBe(0);
  expect(stdout).toContain("discord");
});

test("a channel is made from one flag", async () => {
  await using bench = openCliBench({ "POST /channels": () => ({ status: 201, body: { id: "chn_1", name: "Ops", type: "webhook", enabled: true, version: 1 } }) });
  await bench.run(["channels", "create", "--name", "Ops", "--webhook", "http://127.0.0.1:9/hook", "--set", "settings.secret=whsec_x"], { env: key });
  expect(bench.seen[0]!.body).toEqual({ name: "Ops", type: "webhook", settings: { url: "http://127.0.0.1:9/hook", secret: "whsec_x" } });
});

test("templates are set from a text or a file, previewed as they are sent, and reset", async () => {
  const slack = { name: "slack", text: "*{{title}}*", shippedText: "*{{title}}*", isOverridden: false, channelTypes: ["slack"], updatedAt: null };
  await using bench = openCliBench({
    "GET /templates": () => ({ body: { items: [slack] } }),
    "PATCH /templates/slack.ru": () => ({ body: { ...slack, name: "slack.ru", isOverridden: true, updatedAt: "2026-01-01T00:00:00.000Z" } }),
    "DELETE /templates/slack.ru": () => ({ status: 204 }),
    "POST /templates/preview": () => ({ body: { rendered: "*Shop is down*" } }),
  });
  const file = join(bench.configDir, "slack.hbs");
  writeFileSync(file, "RU {{title}}\n");
  expect((await bench.run(["templates", "list"], { env: key })).stdout).toMatch(/slack +no/);
  await bench.run(["templates", "set", "slack.ru", "--file", file], { env: key });
  expect((await bench.run(["templates", "preview", "slack.ru", "--event", "digest"], { env: key })).stdout).toContain("*Shop is down*");
  expect((await bench.run(["templates", "reset", "slack.ru"], { env: key })).code).toBe(0);
  expect(await bench.run(["templates", "set", "slack.ru"], { env: key })).toMatchObject({ code: 2, stderr: expect.stringContaining("give --text or --file") });
  expect((await bench.run(["templates", "show", "slak"], { env: key })).stderr).toContain('there is no template "slak"');
  expect(bench.seen.filter(({ method }) => method !== "GET").map(({ method, path, body }) => [method, path, body])).toEqual([
    ["PATCH", "/templates/slack.ru", { text: "RU {{title}}\n" }],
    ["POST", "/templates/preview", { name: "slack.ru", text: "*{{title}}*", event: "digest" }],
    ["DELETE", "/templates/slack.ru", undefined],
  ]);
});

test("locations are shown with what runs from them, and one without a core says so", async () => {
  await using bench = openCliBench({
    "GET /locations": () => ({ body: { items: [{ location: "default", cores: 1, threads: 2, checks: 7 }, { location: "eu-1", cores: 0, threads: 0, checks: 1 }] } }),
  });
  const { code, stdout } = await bench.run(["locations"], { env: key });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/default {2,}7 {2,}1 {2,}2\n+eu-1 {2,}1 {2,}none is attached/)]);
});

test("a check is made for the locations that are named, and read of one of them", async () => {
  const made: unknown[] = [];
  const asked: unknown[] = [];
  const result = { startedAt: "2026-01-01T00:00:00.000Z", status: "up", latencyMs: 3, attempts: 1, location: "eu-1", error: null };
  await using bench = openCliBench({
    "POST /checks": ({ body }) => {
      made.push(body);
      return { body: { id: "chk_1", name: "Shop", locations: ["default", "eu-1"] } };
    },
    "GET /checks/chk_1/results": ({ query }) => {
      asked.push(query.location);
      return { body: { items: [result], nextCursor: null } };
    },
    "GET /checks/chk_1/status": () => ({ body: { state: "degraded", locations: [{ location: "default", state: "up", lastResult: null }, { location: "eu-1", state: "down", lastResult: result }] } }),
  });
  const create = await bench.run(["checks", "create", "--name", "Shop", "--url", "https://shop.example", "--location", "default", "--location", "eu-1"], { env: key });
  expect(made).toMatchObject([{ locations: ["default", "eu-1"] }]);
  expect(create.stdout).toContain("default eu-1");
  const results = await bench.run(["checks", "results", "chk_1", "--location", "eu-1", "--output", "csv"], { env: key });
  expect([asked, results.stdout.split("\n")[0]]).toEqual([["eu-1"], '"at","status","latency","location","attempts","error"']);
  expect((await bench.run(["checks", "status", "chk_1"], { env: key })).stdout).toContain("default up; eu-1 down 3.0 ms");
});
