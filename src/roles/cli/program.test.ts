import { expect, test } from "bun:test";
import { openCliBench, problem } from "./cli_bench.ts";

const key = { UPTIMEPING_API_KEY: "k" };
const shop = { id: "chk_1", name: "Shop", type: "http", enabled: true, target: { url: "https://shop.example" }, tags: { env: "prod" }, version: 3, schedule: { every: "30s", state: "active", nextRunAt: "2026-01-01T00:00:30.000Z", lastRunAt: null } };

function listing(...items: unknown[]) {
  return { "GET /checks": () => ({ body: { items, nextCursor: null } }) };
}

test("a table has a heading and a line a check, and no colours off a terminal", async () => {
  await using bench = openCliBench(listing(shop));
  const { stdout } = await bench.run(["checks", "list"], { env: key });
  expect(stdout).toBe("id     name  type  target                runs  state\nchk_1  Shop  http  https://shop.example  30s   active\n");
});

test("colours are for terminals that want them", async () => {
  await using bench = openCliBench(listing(shop));
  const coloured = async (args: string[], env = {}) => (await bench.run(["checks", "list", ...args], { env: { ...key, ...env }, terminal: true })).stdout.includes("\u001b[");
  expect(await coloured([])).toBe(true);
  expect(await coloured(["--no-color"])).toBe(false);
  expect(await coloured([], { NO_COLOR: "1" })).toBe(false);
});

test("JSON and YAML are the API's own document", async () => {
  await using bench = openCliBench(listing(shop));
  const { stdout } = await bench.run(["checks", "list", "--output", "json"], { env: key });
  expect(JSON.parse(stdout)).toEqual({ items: [shop], nextCursor: null });
  const yaml = await bench.run(["--output", "yaml", "checks", "list"], { env: key });
  expect(Bun.YAML.parse(yaml.stdout)).toEqual({ items: [shop], nextCursor: null });
});

test("the form may be set once for all commands, and a flag wins", async () => {
  await using bench = openCliBench(listing(shop));
  const env = { ...key, UPTIMEPING_OUTPUT: "json" };
  expect((await bench.run(["checks", "list"], { env })).stdout).toStartWith("{");
  expect((await bench.run(["checks", "list", "--output", "table"], { env })).stdout).toStartWith("id ");
  expect(await bench.run(["checks", "list"], { env: { ...key, UPTIMEPING_OUTPUT: "xml" } })).toMatchObject({ code: 2, stderr: 'uptimeping: UPTIMEPING_OUTPUT is "xml": it is one of table, json, yaml, csv\n' });
});

test("CSV is quoted, and no cell is a formula", async () => {
  const names = ['=HYPERLINK("http://evil.example","x")', "+1", "-1", "@SUM(A1)", "\t=1", 'a "quoted", name', "two\nlines"];
  await using bench = openCliBench(listing(...names.map((name) => ({ ...shop, name }))));
  const { stdout } = await bench.run(["checks", "list", "--output", "csv"], { env: key });
  expect(stdout.startsWith('"id","name","type","target","runs","state"\n"chk_1","\'=HYPERLINK(""http://evil.example"",""x"")","http"')).toBe(true);
  for (const cell of ["'+1", "'-1", "'@SUM(A1)", "'\t=1", 'a ""quoted"", name', "two\nlines"]) expect(stdout).toContain(`"chk_1","${cell}",`);
});

test("a name cannot reach the terminal's controls", async () => {
  await using bench = openCliBench(listing({ ...shop, name: "a\u001b]0;title\u0007b\u009b2J\nc" }));
  const { stdout } = await bench.run(["checks", "list"], { env: key });
  expect(stdout).not.toMatch(/[\u0007\u001b\u009b]/);
  expect(stdout.split("\n").length).toBe(3);
});

test("bad input is one clear line and a line a field, and exit code 1", async () => {
  await using bench = openCliBench({
    "POST /checks": () => problem(422, "invalid_argument", "the check is not valid: 2 fields", [{ pointer: "/target/url", message: 'needs http or https, got "ftp://x"' }, { pointer: "/schedule/every", message: "from 1s" }]),
  });
  const ran = await bench.run(["checks", "create", "--name", "X", "--url", "ftp://x"], { env: key });
  expect(ran).toEqual({ code: 1, stdout: "", stderr: 'uptimeping: the check is not valid: 2 fields\n  target.url: needs http or https, got "ftp://x"\n  schedule.every: from 1s\n' });
});

test("exit codes tell usage, sign-in and missing things apart", async () => {
  await using bench = openCliBench({ "GET /incidents": () => problem(401, "unauthenticated", "who are you") });
  expect((await bench.run(["checks", "get", "chk_none"], { env: key })).code).toBe(4);
  expect((await bench.run(["incidents", "list"], { env: key })).code).toBe(3);
  expect((await bench.run(["checks", "get"], { env: key })).code).toBe(2);
  expect((await bench.run(["checks", "list", "--output", "xml"], { env: key })).code).toBe(2);
  const typo = await bench.run(["chekcs"]);
  expect(typo.code).toBe(2);
  expect(typo.stderr).toContain("Did you mean checks?");
  const away = await bench.run(["checks", "list"], { env: { ...key, UPTIMEPING_URL: "http://127.0.0.1:1" } });
  expect(away).toMatchObject({ code: 1, stderr: "uptimeping: cannot reach http://127.0.0.1:1: nothing listens there; is the server running?\n" });
});

test("an answer that is not ours is told as such, and its page is not printed", async () => {
  await using bench = openCliBench({ "GET /checks": () => new Response("<html>gateway</html>", { status: 502 }) });
  expect((await bench.run(["checks", "list"], { env: key })).stderr).toBe(`uptimeping: ${bench.url} did not answer like UptimePing: status 502\n`);
});

test("credentials do not follow a redirect", async () => {
  await using bench = openCliBench({ "GET /checks": () => new Response(null, { status: 302, headers: { location: "/api/v1/elsewhere" } }) });
  expect((await bench.run(["checks", "list"], { env: key })).code).toBe(1);
  expect(bench.seen.map(({ path }) => path)).toEqual(["/checks"]);
});

test("flags of create become the document of the API", async () => {
  await using bench = openCliBench({ "POST /checks": ({ body }) => ({ status: 201, body: { ...shop, ...(body as object) } }) });
  const flags = ["--name", "Shop", "--url", "https://shop.example/health", "--every", "30s", "--assert", "status in 200-299", "--assert", "json $.ok eq true", "--assert", "latency < 800 degraded", "--assert", "header content-type contains json", "--tag", "env=prod", "--channel", "chn_1", "--set", "target.method=HEAD", "--set", "retries=2"];
  expect((await bench.run(["checks", "create", ...flags], { env: key })).code).toBe(0);
  expect(bench.seen[0]!.body).toEqual({
    name: "Shop",
    type: "http",
    target: { url: "https://shop.example/health", method: "HEAD" },
    schedule: { every: "30s" },
    assertions: [
      { source: "status", op: "in", value: "200-299" },
      { source: "json", path: "$.ok", op: "eq", value: true },
      { source: "latency", op: "lt", value: 800, severity: "degraded" },
      { source: "header", path: "content-type", op: "contains", value: "json" },
    ],
    tags: { env: "prod" },
    channels: ["chn_1"],
    retries: 2,
  });
});

test("a document comes from standard input, and flags win over it", async () => {
  await using bench = openCliBench({ "POST /checks": () => ({ status: 201, body: shop }) });
  await bench.run(["checks", "create", "-f", "-", "--name", "New"], { env: key, stdin: "name: Old\ntype: tcp\ntarget: { host: db, port: 5432 }\n" });
  expect(bench.seen[0]!.body).toEqual({ name: "New", type: "tcp", target: { host: "db", port: 5432 } });
  const twice = await bench.run(["checks", "create", "-f", "-"], { env: key, stdin: "name: a\nname: b\n" });
  expect(twice.code).toBe(2);
  expect(twice.stderr).toContain("Map keys must be unique at line 2");
});

test("the server is said before the noun where a verb has a --url of its own", async () => {
  await using bench = openCliBench({ "POST /checks": () => ({ status: 201, body: shop }) });
  const ran = await bench.run(["--url", bench.url, "checks", "create", "--url", "tcp://db:5432"], { env: { ...key, UPTIMEPING_URL: "http://127.0.0.1:1" } });
  expect(ran.code).toBe(0);
  expect(bench.seen[0]!.body).toEqual({ type: "tcp", target: { host: "db", port: 5432 } });
});

test("update says which version it saw", async () => {
  await using bench = openCliBench({ "GET /checks/chk_1": () => ({ body: shop }), "PATCH /checks/chk_1": () => ({ body: shop }) });
  await bench.run(["checks", "update", "chk_1", "--name", "Store"], { env: key });
  await bench.run(["checks", "update", "chk_1", "--name", "Store", "--if-version", "2"], { env: key });
  expect(bench.seen.map(({ method, headers }) => [method, headers.get("if-match")])).toEqual([["GET", null], ["PATCH", '"3"'], ["PATCH", '"2"']]);
});

test("the words after serve reach the server as they are, and its exit code comes back", async () => {
  await using bench = openCliBench({});
  expect(await bench.run(["serve", "--http-port", "0", "--role", "core,scheduler"])).toMatchObject({ code: 78, stdout: "serve --http-port 0 --role core,scheduler\n" });
  expect((await bench.run(["serve", "--help"])).stdout).toContain("--http-port <port>");
});

test("help and version need nothing and end well", async () => {
  await using bench = openCliBench({});
  expect((await bench.run(["version"])).stdout).toBe("1.2.3\n");
  for (const args of [[], ["--help"], ["help", "checks"], ["checks", "--help"], ["checks", "create", "--help"]]) {
    const ran = await bench.run(args);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("Usage: uptimeping");
  }
});
