import { expect, test } from "bun:test";
import { openCliBench, type CliBench } from "./cli_bench.ts";

/** A monitor that keeps what it was told; `says.status` is what it answers. */
function openMonitor() {
  const told: { path: string; rid: string | null; body: string }[] = [];
  const says = { status: 200 };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const url = new URL(request.url);
      told.push({ path: url.pathname, rid: url.searchParams.get("rid"), body: await request.text() });
      return new Response("OK", says);
    },
  });
  return { told, says, url: `http://127.0.0.1:${server.port}/ping/tok`, [Symbol.asyncDispose]: () => server.stop(true) };
}

const sh = (script: string) => ["--", "sh", "-c", script];
const pathsOf = ({ told }: { told: { path: string }[] }) => told.map(({ path }) => path);

async function withBench(work: (bench: CliBench, monitor: ReturnType<typeof openMonitor>) => Promise<void>): Promise<void> {
  await using bench = openCliBench({});
  await using monitor = openMonitor();
  await work(bench, monitor);
}

test("a ping alone says one thing, with a body when there is one", () =>
  withBench(async (bench, monitor) => {
    for (const flags of [[], ["--start"], ["--fail", "--body", "no space"], ["--log"], ["--exit-code", "3"]]) expect(await bench.run(["ping", `${monitor.url}/`, ...flags])).toEqual({ code: 0, stdout: "", stderr: "OK\n" });
    expect(await bench.run(["ping", monitor.url, "--fail", "--body", "-"], { stdin: "from stdin" })).toMatchObject({ code: 0 });
    expect(pathsOf(monitor)).toEqual(["/ping/tok", "/ping/tok/start", "/ping/tok/fail", "/ping/tok/log", "/ping/tok/3", "/ping/tok/fail"]);
    expect(monitor.told.map(({ body }) => body)).toEqual(["", "", "no space", "", "", "from stdin"]);
  }));

test("a ping alone that is not heard, or says nonsense, fails", () =>
  withBench(async (bench, monitor) => {
    monitor.says.status = 404;
    expect(await bench.run(["ping", monitor.url])).toEqual({ code: 4, stdout: "", stderr: "uptimeping: no check has this ping URL\n" });
    expect((await bench.run(["ping", "ftp://x/y"])).code).toBe(2);
    expect((await bench.run(["ping", monitor.url, "--start", "--fail"])).code).toBe(2);
    expect((await bench.run(["ping", monitor.url, "--exit-code", "256"])).stderr).toBe('uptimeping: --exit-code "256" is no exit code: it is a number from 0 to 255\n');
    expect(monitor.told).toHaveLength(1);
  }));

test("a command is announced, run as it is, and reported with its exit code and the end of its output", () =>
  withBench(async (bench, monitor) => {
    const ran = await bench.run(["ping", monitor.url, ...sh('echo "$0 $1" out; echo err >&2; exit 7'), "a  b", "*"]);
    expect(ran).toEqual({ code: 7, stdout: "a  b * out\n", stderr: "err\n" });
    expect(pathsOf(monitor)).toEqual(["/ping/tok/start", "/ping/tok/7"]);
    expect(monitor.told[0]!.rid).toBe(monitor.told[1]!.rid);
    expect(monitor.told[0]!.rid).toMatch(/^[0-9a-f-]{36}$/);
    expect(monitor.told[1]!.body).toContain("a  b * out\n");
    expect(monitor.told[1]!.body).toContain("err\n");
  }));

test("of a long output the end is reported, and all of it passes through", () =>
  withBench(async (bench, monitor) => {
    const ran = await bench.run(["ping", monitor.url, ...sh("yes 123456789 | head -n 5000; echo the end")]);
    expect([ran.code, ran.stdout.length, ran.stdout.endsWith("the end\n")]).toEqual([0, 50_008, true]);
    expect(monitor.told.at(-1)!).toMatchObject({ path: "/ping/tok/0" });
    expect([monitor.told.at(-1)!.body.length, monitor.told.at(-1)!.body.endsWith("the end\n")]).toEqual([10_000, true]);
  }));

test("a command that cannot be run, or that a signal ended, is reported as a shell would", () =>
  withBench(async (bench, monitor) => {
    const missing = await bench.run(["ping", monitor.url, "--", "/no/such/program"]);
    expect(missing.code).toBe(127);
    expect(missing.stderr).toStartWith("uptimeping: /no/such/program cannot be run: ");
    expect((await bench.run(["ping", monitor.url, ...sh("kill -9 $$")])).code).toBe(137);
    expect(pathsOf(monitor)).toEqual(["/ping/tok/start", "/ping/tok/127", "/ping/tok/start", "/ping/tok/137"]);
  }));

test("a monitor that is away changes nothing about the command but a line on stderr", async () => {
  await using bench = openCliBench({});
  const ran = await bench.run(["ping", "http://127.0.0.1:1/ping/tok", ...sh("echo done; exit 5")]);
  expect([ran.code, ran.stdout]).toEqual([5, "done\n"]);
  expect(ran.stderr).toStartWith("uptimeping: the monitor was not told: the monitor cannot be reached: ");
}, 30_000);

test("nor does a URL that is none: the variable that held it may be empty on one machine", async () => {
  await using bench = openCliBench({});
  const ran = await bench.run(["ping", "", ...sh("echo done; exit 5")]);
  expect([ran.code, ran.stdout]).toEqual([5, "done\n"]);
  expect(ran.stderr).toStartWith('uptimeping: the monitor was not told: "" is no ping URL: ');
});

test("a heartbeat shows its ping URL, and its pings can be read", async () => {
  const pingUrl = "http://127.0.0.1/ping/tok";
  const backup = { id: "chk_1", name: "Backup", type: "heartbeat", enabled: true, target: { period: "1d" }, tags: {}, version: 1, schedule: null, pingUrl };
  await using bench = openCliBench({
    "POST /checks": () => ({ status: 201, body: backup }),
    "GET /checks/chk_1/pings": () => ({ body: { items: [{ number: 1, at: "2026-01-01T00:00:00.000Z", kind: "exit", exitCode: 3, durationMs: 1_500, source: "192.0.2.1", body: "no space" }], nextCursor: null } }),
    "POST /checks/chk_1/ping-token": () => ({ body: { pingUrl: `${pingUrl}2` } }),
  });
  const env = { UPTIMEPING_API_KEY: "k" };
  const created = await bench.run(["checks", "create", "--name", "Backup", "--type", "heartbeat", "--set", "target.period=1d", "--set", "target.grace=1h"], { env });
  expect(bench.seen[0]!.body).toEqual({ name: "Backup", type: "heartbeat", target: { period: "1d", grace: "1h" } });
  expect(created.stdout).toContain(pingUrl);
  expect((await bench.run(["checks", "pings", "chk_1"], { env })).stdout).toContain("exit 3");
  expect((await bench.run(["checks", "rotate-ping-url", "chk_1"], { env })).stdout).toContain(`${pingUrl}2`);
});
