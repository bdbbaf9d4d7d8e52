import { expect, test } from "bun:test";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres, type TempPostgres } from "../../testing/temp_postgres.ts";
import { fenced } from "./connection.ts";
import { createPostgresLeaseStore } from "./leases.ts";

const take = { epoch: 0, nowMs: 0, ttlMs: 60_000 };

/** A role that is led by "a" with the epoch 1. */
async function lead(temp: TempPostgres) {
  const leases = createPostgresLeaseStore(temp.store);
  const { epoch } = (await leases.acquire("core", "a", take))!;
  await temp.store.run("CREATE TABLE notes (text text NOT NULL)");
  const store = fenced(temp.store, "core", () => epoch);
  return { leases, epoch, store, add: (text: string) => store.run("INSERT INTO notes (text) VALUES ($1)", [text]) };
}

/** As somebody does who takes over when the lease has run out. */
const raise = "UPDATE leases SET holder = 'b', epoch = epoch + 1 WHERE name = 'core'";
const notesOf = async ({ store }: TempPostgres) => (await store.all<{ text: string }>("SELECT text FROM notes")).map((row) => row.text);

/** Resolves when a connection of this database waits for a lock. */
async function someoneWaits({ store }: TempPostgres): Promise<void> {
  const sql = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  while ((await store.get(sql)) === undefined) await Bun.sleep(5);
}

describeWith("postgres", "a postgres store of a role that leads", () => {
  test("writes while the role leads, and not one thing afterwards", async () => {
    await using temp = await openTempPostgres();
    const { store, add } = await lead(temp);
    await add("a");
    await temp.store.run(raise);
    await expect(add("b")).rejects.toMatchObject({ code: "failed_precondition", message: "another process leads core now: what this one leads with, epoch 1, is over" });
    await expect(store.write((tx) => tx.run("DELETE FROM notes"))).rejects.toMatchObject({ code: "failed_precondition" });
    expect(await notesOf(temp)).toEqual(["a"]);
  });

  test("refuses what begins while somebody takes over, once that is done", async () => {
    await using temp = await openTempPostgres();
    const { add } = await lead(temp);
    let late: Promise<unknown> | undefined;
    await temp.store.write(async (tx) => {
      await tx.run(raise);
      late = add("late").catch((error: unknown) => error);
      await someoneWaits(temp);
    });
    expect(await late).toMatchObject({ code: "failed_precondition" });
    expect(await notesOf(temp)).toEqual([]);
  });

  test("keeps who takes over waiting until what it has begun is committed, so that nothing comes after", async () => {
    await using temp = await openTempPostgres();
    const { store, leases, epoch, add } = await lead(temp);
    await leases.release({ name: "core", holder: "a", epoch, untilMs: 0 });
    let seen: Promise<string[]> | undefined;
    await store.write(async (tx) => {
      await tx.run("INSERT INTO notes (text) VALUES ('begun')");
      seen = leases.acquire("core", "b", take).then(() => notesOf(temp));
      await someoneWaits(temp);
    });
    expect(await seen).toEqual(["begun"]);
    await expect(add("late")).rejects.toMatchObject({ code: "failed_precondition" });
  });

  test("does not hold up its own renewals", async () => {
    await using temp = await openTempPostgres();
    const { store, leases, epoch } = await lead(temp);
    await store.write(async (tx) => {
      await tx.run("INSERT INTO notes (text) VALUES ('a')");
      expect((await leases.acquire("core", "a", { ...take, epoch }))?.epoch).toBe(epoch);
    });
    expect(await notesOf(temp)).toEqual(["a"]);
  });

  test("is not held up by others that look whether they may lead, nor holds them up", async () => {
    await using temp = await openTempPostgres();
    const { store, leases, add } = await lead(temp);
    await store.write(async (tx) => {
      await tx.run("INSERT INTO notes (text) VALUES ('a')");
      expect(await leases.acquire("core", "b", take)).toBeUndefined();
    });
    await temp.store.write(async (tx) => {
      expect(await createPostgresLeaseStore({ ...temp.store, write: (work) => work(tx) }).acquire("core", "b", take)).toBeUndefined();
      await add("b");
    });
    expect(await notesOf(temp)).toEqual(["a", "b"]);
  });

  test("writes nothing when nobody leads", async () => {
    await using temp = await openTempPostgres();
    await expect(fenced(temp.store, "core", () => 0).run("SELECT 1")).rejects.toMatchObject({ code: "failed_precondition" });
  });
});
