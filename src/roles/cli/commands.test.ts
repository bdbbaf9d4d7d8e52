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

test("a test that finds the site down ends with exit code 1", async () => {
  let status = "up";
  await using bench = openCliBench({ "POST /checks/test": () => ({ body: { status, latencyMs: 1, attempts: 1, error: null } }) });
  expect((await bench.run(["checks", "test", "chk_1"], { env: key })).code).toBe(0);
  expect(bench.seen[0]!.body).toEqual({ id: "chk_1" });
  status = "down";
  expect((await bench.run(["checks", "test", "--url", "http://x"], { env: key })).code).toBe(1);
});

test("a channel is made from one flag", async () => {
  await using bench = openCliBench({ "POST /channels": () => ({ status: 201, body: { id: "chn_1", name: "Ops", type: "webhook", enabled: true, version: 1 } }) });
  await bench.run(["channels", "create", "--name", "Ops", "--webhook", "http://127.0.0.1:9/hook", "--set", "settings.secret=whsec_x"], { env: key });
  expect(bench.seen[0]!.body).toEqual({ name: "Ops", type: "webhook", settings: { url: "http://127.0.0.1:9/hook", secret: "whsec_x" } });
});
