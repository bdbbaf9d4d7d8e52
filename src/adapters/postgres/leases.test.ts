import { expect, test } from "bun:test";
import { silentLog } from "#kernel/log";
import { leasesConformance } from "#ports/leases.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { openPostgres } from "./connection.ts";
import { createPostgresLeaseStore } from "./leases.ts";

describeWith("postgres", "postgres leases", () => {
  leasesConformance(async () => {
    const temp = await openTempPostgres();
    return { store: createPostgresLeaseStore(temp.store, (nowMs) => `${nowMs}::bigint`), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });

  test("go by the clock of the database, whatever a machine takes for the time", async () => {
    await using temp = await openTempPostgres();
    const leases = createPostgresLeaseStore(temp.store);
    const before = Date.now() - 60_000;
    const held = (await leases.acquire("core", "behind", { epoch: 0, nowMs: 0, ttlMs: 10_000 }))!;
    expect(held.untilMs).toBeGreaterThan(before);
    expect(await leases.acquire("core", "ahead", { epoch: 0, nowMs: 1e15, ttlMs: 10_000 })).toBeUndefined();
    await leases.acquire("core", "behind", { epoch: held.epoch, nowMs: 1e15, ttlMs: 0 });
    expect((await leases.acquire("core", "ahead", { epoch: 0, nowMs: 0, ttlMs: 10_000 }))?.epoch).toBe(held.epoch + 1);
  });

  test("are given to one of many processes that ask at the same time", async () => {
    await using temp = await openTempPostgres();
    const processes = Array.from({ length: 8 }, () => openPostgres({ url: temp.url, connections: 1, log: silentLog }));
    for (const round of [1, 2, 3]) {
      const leases = await Promise.all(processes.map((store, i) => createPostgresLeaseStore(store).acquire("core", `p${i}`, { epoch: 0, nowMs: 0, ttlMs: 10_000 })));
      const given = leases.filter((lease) => lease !== undefined);
      expect(given.map(({ epoch }) => epoch)).toEqual([round]);
      await createPostgresLeaseStore(temp.store).release(given[0]!);
    }
    await Promise.all(processes.map((store) => store.close()));
  });
});
