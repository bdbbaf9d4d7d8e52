import { expect, test } from "bun:test";
import { createLog, silentLog } from "#kernel/log";
import { systemClock } from "#kernel/clock";
import { describeWith } from "../../testing/needs_service.ts";
import { describeUnless } from "../../testing/needs_service.ts";
import { startServer, whyNot } from "../../testing/servers/server.ts";
import { createDatabase } from "../../testing/temp_postgres.ts";
import { openPostgres } from "./connection.ts";
import { problemOf, reachPostgres } from "./reach.ts";

const reach = (url: string, withinMs = 0) => reachPostgres({ url, clock: systemClock, log: silentLog, withinMs });

/** `postgres://postgres@host:port/name` with other parts. */
function changed(url: string, parts: Partial<Record<"username" | "password" | "pathname" | "port", string>>): string {
  return Object.assign(new URL(url), parts).toString();
}

describeWith("postgres", "the first contact with postgres", () => {
  test("is made with a database that is there", async () => {
    await using database = await createDatabase();
    await reach(database.url);
  });

  test("says that the database is not there", async () => {
    await using database = await createDatabase();
    const { host } = new URL(database.url);
    await expect(reach(changed(database.url, { pathname: "/nosuch" }))).rejects.toMatchObject({
      code: "failed_precondition",
      message: `the database nosuch at ${host} is not there: create it, or correct database-url (database "nosuch" does not exist)`,
    });
  });

  test("says that the user is refused", async () => {
    await using database = await createDatabase();
    await expect(reach(changed(database.url, { username: "nobody_we_know" }))).rejects.toMatchObject({ code: "failed_precondition", message: expect.stringContaining("refuses the user of database-url") });
  });
});

test("a server that is not there is waited for as long as was said, and the reason is logged", async () => {
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "json", now: () => 0, write: (line) => lines.push(line) });
  await expect(reachPostgres({ url: "postgres://me:secret@127.0.0.1:1/shop", clock: systemClock, log, withinMs: 300 })).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/^the database shop at 127\.0\.0\.1:1 could not be reached within 0 s: Failed to connect/),
  });
  expect(lines.length).toBe(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ message: "the database cannot be reached yet: trying again", reason: expect.stringContaining("Failed to connect"), inMs: 250 });
  expect(lines.join("")).not.toContain("secret");
});

test("a server that is too old, or whose texts are not Unicode, is refused", () => {
  expect(problemOf({ version: 120_017, encoding: "UTF8" })).toBe("is PostgreSQL 12: at least 13 is needed");
  expect(problemOf({ version: 130_000, encoding: "UTF8" })).toBe("");
  expect(problemOf({ version: 150_018, encoding: "SQL_ASCII" })).toBe("has the encoding SQL_ASCII: make it with ENCODING 'UTF8'");
});

describeUnless(whyNot("postgres"), "a postgres server of its own", () => {
  test("that starts later is waited for; a wrong password is told at once", async () => {
    await using server = await startServer("postgres");
    await server.stop();
    const reached = reach(server.url, 30_000);
    await server.start();
    await reached;

    const store = openPostgres({ url: server.url, connections: 1, log: silentLog });
    await store.run("SET password_encryption = 'scram-sha-256'");
    await store.run("CREATE ROLE shop LOGIN PASSWORD 'right'");
    const { file } = (await store.get<{ file: string }>("SELECT current_setting('hba_file') AS file"))!;
    await store.run(`COPY (SELECT 'host all all 127.0.0.1/32 scram-sha-256') TO '${file}'`);
    await store.get("SELECT pg_reload_conf()");
    await store.close();
    while (await wrong(server.url).then(() => true, () => false)) await Bun.sleep(10);
    await expect(wrong(server.url)).rejects.toMatchObject({
      code: "failed_precondition",
      message: `the user or the password for the database postgres at ${new URL(server.url).host} is wrong (password authentication failed for user "shop")`,
    });
    await reach(changed(server.url, { username: "shop", password: "right" }));
  }, 60_000);
});

function wrong(url: string): Promise<void> {
  return reach(changed(url, { username: "shop", password: "wrong" }), 30_000);
}
