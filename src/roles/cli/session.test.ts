import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCliBench, problem, signInAnswers } from "./cli_bench.ts";

const signIn = ["login", "--email", "me@example.com", "--password-stdin"];

test("signing in stores the tokens sealed, and nobody else may read the files", async () => {
  await using bench = openCliBench(signInAnswers({ tokens: [] }));
  const ran = await bench.run(signIn, { stdin: "correct horse\n" });
  expect(ran).toMatchObject({ code: 0, stdout: "", stderr: `signed in at ${bench.url} as me@example.com (profile "default")\n` });
  const dir = join(bench.configDir, "uptimeping");
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  const names = readdirSync(dir);
  expect(names.toSorted()).toEqual(["profiles.json", "profiles.key"]);
  for (const name of names) {
    expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    const bytes = readFileSync(join(dir, name), "latin1");
    for (const secret of ["access-1", "refresh-1", "correct horse", Buffer.from("access-1").toString("base64").slice(0, 8)]) expect(bytes).not.toContain(secret);
  }
  expect((await bench.run(["auth", "whoami", "--output", "json"])).stdout).toContain("me@example.com");
});

test("a wrong password is told in the server's words, and nothing is stored", async () => {
  await using bench = openCliBench(signInAnswers({ tokens: [] }));
  const ran = await bench.run(signIn, { stdin: "guess" });
  expect(ran).toMatchObject({ code: 3, stderr: "uptimeping: sign-in failed: e-mail address or password is wrong\n" });
  expect(readdirSync(bench.configDir)).toEqual([]);
});

test("an expired access token is renewed on the way, once, and the new one is kept", async () => {
  const issued = { tokens: [] as string[] };
  await using bench = openCliBench(signInAnswers(issued));
  await bench.run(signIn, { stdin: "correct horse" });
  // The server has moved on: what the profile holds is expired, its refresh token is good.
  const stored = readFileSync(join(bench.configDir, "uptimeping", "profiles.json"), "utf8");
  issued.tokens[0] = "access-expired";
  expect((await bench.run(["auth", "whoami"])).code).toBe(0);
  expect(issued.tokens).toEqual(["access-expired", "access-2"]);
  expect(readFileSync(join(bench.configDir, "uptimeping", "profiles.json"), "utf8")).not.toBe(stored);
  expect((await bench.run(["auth", "whoami"])).code).toBe(0);
  expect(issued.tokens.length).toBe(2);
});

test("commands that run together spend a refresh token once", async () => {
  const issued = { tokens: [] as string[] };
  await using bench = openCliBench(signInAnswers(issued));
  await bench.run(signIn, { stdin: "correct horse" });
  issued.tokens[0] = "access-expired";
  const codes = await Promise.all([1, 2, 3, 4].map(async () => (await bench.run(["auth", "whoami"])).code));
  expect(codes).toEqual([0, 0, 0, 0]);
  expect(bench.seen.filter(({ path }) => path === "/auth/refresh").length).toBe(1);
});

test("a session that is over asks to sign in again, with its own exit code", async () => {
  await using bench = openCliBench({ ...signInAnswers({ tokens: [] }), "POST /auth/refresh": () => problem(401, "unauthenticated", "over"), "GET /auth/me": () => problem(401, "unauthenticated", "over") });
  await bench.run(signIn, { stdin: "correct horse" });
  expect(await bench.run(["auth", "whoami"])).toMatchObject({ code: 3, stderr: `uptimeping: not signed in at ${bench.url}: sign in with uptimeping login\n` });
});

test("a token goes to the server that issued it and to no other", async () => {
  const issued = { tokens: [] as string[] };
  await using bench = openCliBench(signInAnswers(issued));
  await using other = openCliBench(signInAnswers(issued));
  await bench.run(signIn, { stdin: "correct horse" });
  expect((await bench.run(["auth", "whoami", "--url", other.url])).code).toBe(3);
  expect(other.seen.map(({ headers }) => headers.get("authorization"))).toEqual([null]);
});

test("a sealed token moved to a profile of another server does not open", async () => {
  const issued = { tokens: [] as string[] };
  await using bench = openCliBench(signInAnswers(issued));
  await using other = openCliBench(signInAnswers(issued));
  await bench.run(signIn, { stdin: "correct horse" });
  const path = join(bench.configDir, "uptimeping", "profiles.json");
  writeFileSync(path, readFileSync(path, "utf8").replace(bench.url, other.url));
  await bench.run(["auth", "whoami"], { env: { UPTIMEPING_URL: "" } });
  expect(other.seen.map(({ headers }) => headers.get("authorization"))).toEqual([null]);
});

test("an API key is sent as it is and never stored", async () => {
  await using bench = openCliBench({ "GET /auth/me": ({ headers }) => ({ body: { user: { email: headers.get("x-api-key") }, tenant: { name: "" }, role: "" } }) });
  const ran = await bench.run(["auth", "whoami", "--output", "json"], { env: { UPTIMEPING_API_KEY: "key-from-env" } });
  expect(ran.stdout).toContain("key-from-env");
  expect((await bench.run(["auth", "whoami", "--output", "json", "--api-key", "key-from-flag"], { env: { UPTIMEPING_API_KEY: "key-from-env" } })).stdout).toContain("key-from-flag");
  expect(readdirSync(bench.configDir)).toEqual([]);
});

test("signing out forgets the tokens even when the server is away", async () => {
  await using bench = openCliBench({ ...signInAnswers({ tokens: [] }), "POST /auth/logout": () => problem(503, "unavailable", "starting") });
  await bench.run(signIn, { stdin: "correct horse" });
  const ran = await bench.run(["logout"]);
  expect(ran.code).toBe(0);
  expect(ran.stderr).toContain("the server was not told: starting");
  expect((await bench.run(["auth", "whoami"])).code).toBe(3);
});

test("profiles are kept apart", async () => {
  await using bench = openCliBench(signInAnswers({ tokens: [] }));
  await bench.run([...signIn, "--profile", "work"], { stdin: "correct horse" });
  await bench.run([...signIn, "--profile", "home"], { stdin: "correct horse" });
  const listed = JSON.parse((await bench.run(["profiles", "list", "--output", "json"])).stdout) as { items: { name: string; current: boolean }[] };
  expect(listed.items.map(({ name, current }) => [name, current])).toEqual([["work", false], ["home", true]]);
  await bench.run(["profiles", "use", "work"]);
  await bench.run(["profiles", "remove", "home"]);
  expect((await bench.run(["config", "show", "--output", "json"])).stdout).toContain('"profile": "work"');
  expect(await bench.run(["profiles", "use", "home"])).toMatchObject({ code: 4, stderr: 'uptimeping: no profile "home": there is work\n' });
});

test("without a terminal login asks nothing and says what is missing", async () => {
  await using bench = openCliBench({});
  expect(await bench.run(["login"])).toMatchObject({ code: 2, stderr: "uptimeping: not signed in: without a terminal give --url, --email and --password-stdin\n" });
});
