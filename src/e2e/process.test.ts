/** How the process behaves towards the one who starts it. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createProductFolder, eventually, executable } from "../testing/start_product.ts";

function run(dir: string, args: string[], env: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([executable, ...args], { cwd: dir, env: { HOME: dir, ...env } });
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

test("bad settings end with 78 and one line for each problem, wherever it came from", async () => {
  await using folder = createProductFolder();
  writeFileSync(join(folder.dir, "settings.yaml"), "log-level: loud\nhtp-port: 80\n");
  const { code, err } = run(folder.dir, ["serve", "--config", "settings.yaml", "--http-port", "99999", "--no-such"], { UPTIMEPING_DATA_DIR: "x", UPTIMEPING_CORE_WORKERS: "many" });
  expect(code).toBe(78);
  expect(err.trim().split("\n")).toEqual([
    "uptimeping: --no-such: no such setting",
    "uptimeping: htp-port: no such setting; did you mean http-port? (settings.yaml:2)",
    'uptimeping: log-level: "loud" is not one of debug, info, warn, error, silent (settings.yaml:1)',
    'uptimeping: http-port: "99999" is not a port from 0 to 65535, where 0 picks a free one (--http-port)',
    'uptimeping: core-workers: "many" is not a whole number from 1 to 64 (UPTIMEPING_CORE_WORKERS)',
  ]);
});

test("modules and grants that cannot be understood are told line by line, too", async () => {
  await using folder = createProductFolder();
  writeFileSync(join(folder.dir, "blackbox.yml"), "modules:\n  a:\n    prober: http\n    http:\n      method: CONNECT\n  b:\n    prober: icmp\n    icmp:\n      ttl: 5\n");
  const { code, err } = run(folder.dir, ["serve", "--probe-modules", "blackbox.yml", "--egress-grants", "ten_1=10.0.0.0/8"]);
  expect(code).toBe(78);
  expect(err.trim().split("\n")).toEqual([
    'uptimeping: egress-grants: "ten_1=10.0.0.0/8" is not entries such as ten_01J9Z3K8Q4V7N2M5R6T8W0X1Y2=10.1.0.0/16, separated by commas; metadata, link-local and reserved networks only open with egress-allow (--egress-grants)',
    'uptimeping: probe-modules: blackbox.yml: module "a": http: method: must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS',
    'uptimeping: probe-modules: blackbox.yml: module "b": icmp.ttl: is not supported: requests leave with the hop limit of the system',
  ]);
});

test("a second process on the same data directory is refused in one sentence", async () => {
  await using folder = createProductFolder();
  const first = await folder.start();
  const { code, err } = run(folder.dir, ["serve", "--http-port", "0", "--health-port", "0"]);
  expect(code).toBe(1);
  expect(err.trim()).toBe(`uptimeping: data/lock is locked: another UptimePing (process ${first.pid}) uses this data directory`);
});

test("a port that is taken is said in one sentence", async () => {
  await using folder = createProductFolder();
  const first = await folder.start();
  const port = new URL(first.http).port;
  const { code, err } = run(folder.dir, ["serve", "--data-dir", "other", "--http-port", port, "--health-port", "0"]);
  expect(code).toBe(1);
  // Lines that begin otherwise are the log.
  const said = err.split("\n").filter((line) => line.startsWith("uptimeping: "));
  expect(said).toEqual([`uptimeping: cannot listen on 127.0.0.1:${port}: another program already uses this port (settings http-host, http-port)`]);
  expect(err).not.toContain("    at ");
});

test("what lies in the folder it is started in neither configures nor runs", async () => {
  await using folder = createProductFolder();
  writeFileSync(join(folder.dir, ".env"), "UPTIMEPING_LOG_LEVEL=loud\n");
  writeFileSync(join(folder.dir, "bunfig.toml"), 'preload = ["./evil.ts"]\n');
  writeFileSync(join(folder.dir, "evil.ts"), 'require("node:fs").writeFileSync("evil", "ran");\n');
  const product = await folder.start();
  expect(await Bun.file(join(folder.dir, "evil")).exists()).toBe(false);
  expect(await product.stop()).toBe(0);
});

test("without a user it prints a set-up link that works once", async () => {
  await using folder = createProductFolder();
  const product = await folder.start("--admin-email", "");
  const link = await eventually("the link is printed", () => /(http\S+)\/setup\?token=(\S+)/.exec(product.output()), (found) => found !== null);
  const setUp = () =>
    fetch(`${product.http}/api/v1/auth/setup`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: link![2], email: "first@example.com", password: "correct horse battery staple" }),
    });
  expect((await setUp()).status).toBe(201);
  expect((await setUp()).status).toBeGreaterThanOrEqual(400);
});

test("the link can be opened when it listens on every address", async () => {
  await using folder = createProductFolder();
  const product = await folder.start("--admin-email", "", "--http-host", "0.0.0.0");
  const link = `: http://127.0.0.1:${new URL(product.http).port}/setup?token=`;
  await eventually("the link is printed", () => product.output(), (output) => output.includes(link));
});

test("health tells alive, ready and the figures", async () => {
  await using folder = createProductFolder();
  const product = await folder.start();
  expect((await fetch(`${product.health}/healthz`)).status).toBe(200);
  expect((await fetch(`${product.health}/readyz`)).status).toBe(200);
  expect((await fetch(`${product.health}/startupz`)).status).toBe(200);
  expect(await (await fetch(`${product.health}/metrics`)).text()).toContain("uptimeping_results_total");
});
