import { create } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IncidentEventSchema } from "#contracts/uptimeping/events/v1/events_pb";
import { systemClock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import { acquireLock } from "#kernel/process_lock";
import type { OutgoingMessage, Queue } from "#ports/queue";
import { createBrokerQueue } from "#ports/queue_broker";
import type { CopySource, CopyTarget, StoredRow } from "#ports/store_copy";
import { storedTables } from "#ports/stored_tables";
import { openPostgres } from "../../adapters/postgres/connection.ts";
import { openPostgresAdapters } from "../../adapters/postgres/index.ts";
import { createPostgresBroker } from "../../adapters/postgres/queue.ts";
import { createPostgresResultStore } from "../../adapters/postgres/results.ts";
import { openSqlite } from "../../adapters/sqlite/connection.ts";
import { openSqliteSource } from "../../adapters/sqlite/copy.ts";
import { migrate } from "../../adapters/sqlite/migrations.ts";
import { createSqliteQueue } from "../../adapters/sqlite/queue.ts";
import { createSqliteResultStore } from "../../adapters/sqlite/results.ts";
import { openCopySource, openCopyTarget } from "../../app/store_copies.ts";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { fillResults, fillStore, filledFromMs, retention, viewOfResults } from "../../testing/filled_store.ts";
import { describeWith } from "../../testing/needs_service.ts";
import { eventually } from "../../testing/start_product.ts";
import { createDatabase } from "../../testing/temp_postgres.ts";
import { openCliBench } from "./cli_bench.ts";

function tempDir() {
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-migrate-"));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

function openFile(dir: string) {
  const store = openSqlite({
    path: join(dir, "uptimeping.db"),
    groupMs: 0,
    onFatal: (error) => {
      throw error;
    },
  });
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

async function filled(dir: string): Promise<unknown[]> {
  await using file = openFile(dir);
  await migrate(file.store);
  await fillStore(file.store);
  await fillResults(file.store);
  return await viewIn(dir);
}

async function viewIn(dir: string): Promise<unknown[]> {
  await using file = openFile(dir);
  const results = createSqliteResultStore({ store: file.store, clock: createFakeClock(filledFromMs + 1), retention });
  await results.open();
  return await viewOfResults(results);
}

async function viewInDatabase(url: string): Promise<unknown[]> {
  const store = openPostgres({ url, connections: 2, log: silentLog });
  const results = createPostgresResultStore({ store, clock: createFakeClock(filledFromMs + 1), retention, groupMs: 0 });
  await results.open();
  const views = await viewOfResults(results);
  await store.close();
  return views;
}

async function rowsIn(dir: string): Promise<Record<string, StoredRow[]>> {
  const source = await openSqliteSource(dir);
  const found: Record<string, StoredRow[]> = {};
  for (const table of storedTables) {
    const rows: StoredRow[] = [];
    for (let after = ""; ; ) {
      const page = await source.page(table, after, 100_000);
      rows.push(...page.rows);
      if (page.next === "") break;
      after = page.next;
    }
    found[table.name] = table.name === "results" ? rows.toSorted((a, b) => (a[0] as number) - (b[0] as number)) : rows;
  }
  await source.close();
  return found;
}

function openBench() {
  const bench = openCliBench({});
  Object.assign(bench.copies, { openCopySource, openCopyTarget });
  return bench;
}

/** Its `results` cannot be read after some pages. */
async function breakingSource(address: string): Promise<CopySource> {
  const source = await openCopySource(address);
  let pages = 0;
  return {
    ...source,
    page(table, after) {
      if (table.name === "results" && pages++ > 3) return Promise.reject(new AppError("unavailable", "the disk is gone"));
      return source.page(table, after, 20);
    },
  };
}

/** Says of one table what is not there. */
async function lyingTarget(address: string, lie: string): Promise<CopyTarget> {
  const target = await openCopyTarget(address);
  return {
    ...target,
    async page(table, after, limit) {
      const page = await target.page(table, after, limit);
      return table.name === lie ? { ...page, rows: page.rows.slice(1) } : page;
    },
  };
}

async function startServer(url: string): Promise<void> {
  const releases = createReleases(silentLog);
  try {
    await openPostgresAdapters({ url, connections: 2, commitIntervalMs: 0, fenceEpochOf: () => undefined, retention, clock: systemClock, log: silentLog, releases, onFatal: () => {} });
  } finally {
    await releases.releaseAll();
  }
}

test("what cannot be migrated is refused in one sentence", async () => {
  using one = tempDir();
  using other = tempDir();
  await using bench = openBench();
  await filled(one.dir);
  await filled(other.dir);
  const refused = async (from: string, to: string) => {
    const ran = await bench.run(["migrate", "--from", from, "--to", to]);
    expect(ran.stdout).toBe("");
    return `${ran.code} ${ran.stderr.trim().replaceAll(one.dir, "ONE").replaceAll(other.dir, "OTHER")}`;
  };
  const [from, to] = [`sqlite:${one.dir}`, `sqlite:${other.dir}`];
  expect(await refused(from, "mysql://me:secret@db/x")).toBe("2 uptimeping: --to names no store: it is sqlite:DIR or postgres://user:password@host:5432/database");
  expect(await refused(from, from)).toBe("1 uptimeping: nothing was migrated: source and target are the same, the SQLite file ONE/uptimeping.db");
  expect(await refused(from, to)).toBe("1 uptimeping: nothing was migrated: the SQLite file OTHER/uptimeping.db is not empty (there are tenants in it); name one that is");
  expect(await refused(from, `sqlite:${other.dir}/copy.db`)).toContain("1 uptimeping: OTHER/copy.db cannot be migrated to");
  expect(await refused(`sqlite:${one.dir}/nothing`, to)).toBe("4 uptimeping: there is nothing to migrate from: ONE/nothing/uptimeping.db is not there");
  expect(await refused(from, "postgres://me:secret@127.0.0.1:1/x")).toMatch(/^1 uptimeping: the database x at 127\.0\.0\.1:1 could not be reached within 5 s: /);
  const lock = acquireLock(join(one.dir, "lock"));
  expect(await refused(from, `sqlite:${other.dir}/new`)).toContain("1 uptimeping: ONE/lock is locked: another UptimePing");
  lock.release();
  await using file = openFile(one.dir);
  await file.store.write((tx) => tx.run("DELETE FROM schema_migrations WHERE number = 17"));
  expect(await refused(from, `sqlite:${other.dir}/new`)).toBe(
    "1 uptimeping: the SQLite file ONE/uptimeping.db is older than this executable: start it once with uptimeping serve --data-dir ONE, which brings it up to date, and stop it",
  );
  await file.store.write((tx) => tx.run("INSERT INTO schema_migrations VALUES (99, 'later', 'x')"));
  expect(await refused(from, `sqlite:${other.dir}/new`)).toMatch(/^1 uptimeping: the SQLite file ONE\/uptimeping\.db cannot be migrated: the database is newer than this executable: it has migration 99/);
}, 60_000);

test("a second store of the same technology, from a name of a file", async () => {
  using from = tempDir();
  using to = tempDir();
  await using bench = openBench();
  const before = await filled(from.dir);
  expect(await bench.run(["migrate", "--from", `sqlite:${from.dir}/uptimeping.db`, "--to", `sqlite:${to.dir}/made/here`])).toMatchObject({ code: 0 });
  expect(await rowsIn(join(to.dir, "made/here"))).toEqual(await rowsIn(from.dir));
  expect(await viewIn(join(to.dir, "made/here"))).toEqual(before);
}, 60_000);

describeWith("postgres", "migrate", () => {
  test("moves everything to PostgreSQL, to another database and back, and what the product says of it is the same", async () => {
    using from = tempDir();
    using to = tempDir();
    await using database = await createDatabase();
    await using bench = openBench();
    const before = await filled(from.dir);
    const there = await bench.run(["migrate", "--from", `sqlite:${from.dir}`, "--to", database.url, "--output", "json"]);
    expect(there).toMatchObject({ code: 0 });
    expect((JSON.parse(there.stdout) as { items: { table: string; same: boolean }[] }).items.filter(({ same }) => !same)).toEqual([]);
    expect(await viewInDatabase(database.url)).toEqual(before);
    await using another = await createDatabase();
    expect(await bench.run(["migrate", "--from", database.url, "--to", another.url])).toMatchObject({ code: 0 });
    expect(await bench.run(["migrate"], { env: { UPTIMEPING_MIGRATE_FROM: another.url, UPTIMEPING_MIGRATE_TO: `sqlite:${to.dir}` } })).toMatchObject({ code: 0 });
    expect(await rowsIn(to.dir)).toEqual(await rowsIn(from.dir));
    expect(await viewIn(to.dir)).toEqual(before);
  }, 60_000);

  test("goes on where it was broken off, keeps servers away until then, and does nothing once it is over", async () => {
    using from = tempDir();
    await using database = await createDatabase();
    await using bench = openBench();
    const before = await filled(from.dir);
    const args = ["migrate", "--from", `sqlite:${from.dir}`, "--to", database.url];
    const check = await bench.run([...args, "--check", "--output", "json"]);
    expect(check).toMatchObject({ code: 0, stderr: expect.stringContaining("is empty: this can be migrated") });
    expect((JSON.parse(check.stdout) as { items: unknown[] }).items).toContainEqual({ table: "tenants", rows: 30 });
    const store = openPostgres({ url: database.url, connections: 1, log: silentLog });
    expect(await store.all("SELECT 1 FROM information_schema.tables WHERE table_schema = 'public'")).toEqual([]);

    bench.copies.openCopySource = breakingSource;
    expect(await bench.run(args)).toMatchObject({ code: 1, stderr: expect.stringContaining("uptimeping: the disk is gone") });
    await expect(startServer(database.url)).rejects.toThrow("is being filled by uptimeping migrate, which has not come to its end: run that again");

    bench.copies.openCopySource = async (address) => {
      const source = await openCopySource(address);
      return { ...source, page: (table, after) => (table.name === "results" && bench.interrupt(), source.page(table, after, 20)) };
    };
    expect(await bench.run(args)).toMatchObject({ code: 1, stderr: expect.stringContaining("uptimeping: the migration was interrupted: the same command goes on where it stopped") });
    bench.copies.openCopySource = openCopySource;
    expect(await bench.run([...args, "--check"])).toMatchObject({ code: 0, stderr: expect.stringContaining("is half filled from this store") });
    const copied = await store.get<{ rows: number }>("SELECT count(*) AS rows FROM results");
    expect(copied!.rows).toBeGreaterThan(0);
    expect(await bench.run(args)).toMatchObject({ code: 0, stderr: expect.stringContaining("Start servers on one of them only") });
    expect(await viewInDatabase(database.url)).toEqual(before);
    expect(await bench.run(args)).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("there is nothing to do") });
    expect(await store.get("SELECT epoch FROM leases WHERE name = 'scheduler'")).toEqual({ epoch: 7 });
    // Numbers that the database gives go on after those that were copied.
    await store.run("INSERT INTO incident_outbox (id, tenant_id, body) VALUES ('new', '', '')");
    expect(await store.get("SELECT position FROM incident_outbox WHERE id = 'new'")).toEqual({ position: 31 });
    await store.close();
    await startServer(database.url);
  }, 60_000);

  test("names a table that did not arrive whole, and lets no server start on it", async () => {
    using from = tempDir();
    await using database = await createDatabase();
    await using bench = openBench();
    await filled(from.dir);
    bench.copies.openCopyTarget = (address) => lyingTarget(address, "sessions");
    const ran = await bench.run(["migrate", "--from", `sqlite:${from.dir}`, "--to", database.url, "--output", "json"]);
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringMatching(/the copy is not right: sessions in the database .* differs from the SQLite file/) });
    expect((JSON.parse(ran.stdout) as { items: { table: string; same: boolean }[] }).items.filter(({ same }) => !same).map(({ table }) => table)).toEqual(["sessions"]);
    await expect(startServer(database.url)).rejects.toThrow("is being filled by uptimeping migrate");
  }, 60_000);

  test("refuses a source that was used in between, another source, and a database that somebody leads", async () => {
    using from = tempDir();
    using to = tempDir();
    await using database = await createDatabase();
    await using bench = openBench();
    await filled(from.dir);
    const args = ["migrate", "--from", `sqlite:${from.dir}`, "--to", database.url];
    bench.copies.openCopySource = breakingSource;
    expect(await bench.run(args)).toMatchObject({ code: 1 });
    bench.copies.openCopySource = openCopySource;
    expect(await bench.run(["migrate", "--from", database.url, "--to", `sqlite:${to.dir}`])).toMatchObject({ code: 1, stderr: expect.stringContaining("is being filled by uptimeping migrate") });
    {
      await using file = openFile(from.dir);
      await file.store.write((tx) => tx.run("UPDATE leases SET epoch = 8"));
    }
    expect(await bench.run(args)).toMatchObject({ code: 1, stderr: expect.stringContaining("was filled from another store, or from this one before it was used again; empty it and begin anew") });

    const store = openPostgres({ url: database.url, connections: 1, log: silentLog });
    await store.run("UPDATE store_copy SET finished_at = 1");
    await store.run("INSERT INTO leases VALUES ('core', 'host-1', 3, 4102444800000)");
    const led = await bench.run(["migrate", "--from", database.url, "--to", `sqlite:${to.dir}`]);
    expect(led).toMatchObject({ code: 1, stderr: expect.stringContaining("is in use: host-1 leads core; stop every uptimeping that works on it") });
    await store.run("UPDATE leases SET until = 0");
    const source = await openCopySource(database.url);
    // A process that would lead has to wait for the copy.
    await expect(store.write(async (tx) => tx.run("SET LOCAL lock_timeout = '200ms'").then(() => tx.run("UPDATE leases SET epoch = epoch + 1")))).rejects.toMatchObject({ code: "unavailable" });
    await source.close();
    await store.close();
  }, 60_000);

  test("keeps one of two results of a check and a slot, and says so", async () => {
    using from = tempDir();
    await using database = await createDatabase();
    await using bench = openBench();
    await filled(from.dir);
    {
      await using file = openFile(from.dir);
      const results = createSqliteResultStore({ store: file.store, clock: createFakeClock(filledFromMs + 1), retention });
      await results.open();
      const [first] = await results.history({ tenantId: "ten_1", checkId: "chk_1", limit: 1, fromMs: 0, beforeMs: Number.MAX_SAFE_INTEGER, status: "up" });
      await results.append([{ ...first!, sequence: 0 }], []);
      await results.flush();
    }
    const ran = await bench.run(["migrate", "--from", `sqlite:${from.dir}`, "--to", database.url]);
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("1 result stood twice in the SQLite file") });
  }, 60_000);

  test("messages that wait are delivered on the other side, but those that somebody would publish again; dead ones stay dead", async () => {
    using from = tempDir();
    using to = tempDir();
    await using database = await createDatabase();
    await using bench = openBench();
    {
      await using file = openFile(from.dir);
      await migrate(file.store);
      const queue = createSqliteQueue(file.store, systemClock, silentLog);
      await queue.publish("notifications", ["one", "two", "three"].map(message), { recomputable: false });
      const dead = queue.consume("notifications", { prefetch: 1, maxAttempts: 3 }, async ([first]) => (first!.id === "one" ? first!.giveUp("it is poison") : new Promise(() => {})));
      await eventually("one is dead", () => queue.deadLetters("ten_1", undefined, 10), (letters) => letters.length === 1);
      await dead.stop();
      queue.stop();
    }
    const there = await bench.run(["migrate", "--from", `sqlite:${from.dir}`, "--to", database.url]);
    expect(there).toMatchObject({ code: 0, stderr: expect.stringContaining("2 messages wait in the queues of the database") });

    const store = openPostgres({ url: database.url, connections: 2, log: silentLog });
    const queue = createBrokerQueue({ publisher: "p1", clock: systemClock, log: silentLog, open: (events) => createPostgresBroker({ store, url: database.url }, "p1", { log: silentLog, events }) });
    expect(await delivered(queue, 2)).toEqual(["two", "three"]);
    expect(await queue.deadLetters("ten_1", "notifications", 10)).toMatchObject([{ id: "one", attempts: 1, reason: "it is poison" }]);
    void queue.publish("notifications", [message("again")], { recomputable: true });
    await queue.publish("notifications", [message("four")], { recomputable: false });
    await eventually("both are there", () => store.get<{ parcels: number }>("SELECT count(*) AS parcels FROM queue_parcels"), (found) => (found?.parcels ?? 0) >= 2);
    await queue.close();
    await store.close();

    expect(await bench.run(["migrate", "--from", database.url, "--to", `sqlite:${to.dir}`])).toMatchObject({ code: 0 });
    await using file = openFile(to.dir);
    const back = createSqliteQueue(file.store, systemClock, silentLog);
    back.open();
    expect(await delivered(back, 1)).toEqual(["four"]);
    expect(await back.replay("ten_1", "one")).toBe(true);
    back.stop();
  }, 60_000);
});

function message(id: string): OutgoingMessage<"notifications"> {
  return { id, tenantId: "ten_1", body: create(IncidentEventSchema, { id }) };
}

/** All that comes, once it is as many. */
async function delivered(queue: Queue, count: number): Promise<string[]> {
  const ids: string[] = [];
  const consumer = queue.consume("notifications", { prefetch: 10, maxAttempts: 3 }, async (batch) => {
    for (const delivery of batch) {
      expect(delivery.body.id).toBe(delivery.id);
      await delivery.ack();
      ids.push(delivery.id);
    }
  });
  await eventually("they are delivered", () => ids.length, (found) => found >= count);
  await consumer.stop();
  return ids;
}
