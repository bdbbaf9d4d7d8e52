import { afterAll, beforeAll, expect, test } from "bun:test";
import { AppError } from "#kernel/errors";
import { silentLog } from "#kernel/log";
import { queueConformance } from "#ports/queue.conformance";
import { sharedQueueConformance } from "#ports/shared_queue.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { queueWorld } from "../../testing/queue_world.ts";
import { openTempPostgres, type TempPostgres } from "../../testing/temp_postgres.ts";
import type { PostgresStore } from "./connection.ts";
import { createPostgresBroker } from "./queue.ts";

describeWith("postgres", "queue on PostgreSQL", () => {
  let temp: TempPostgres;
  beforeAll(async () => {
    temp = await openTempPostgres();
  });
  afterAll(() => temp[Symbol.asyncDispose]());
  const world = queueWorld(() =>
    Promise.resolve({
      openBroker: (publisher, events) => createPostgresBroker(temp, publisher, { log: silentLog, events, leaseMs: 3_000 }),
      clean: async () => void (await temp.store.run("TRUNCATE queue_parcels, dead_letters")),
    }),
  );
  queueConformance(world.openOne);
  sharedQueueConformance(world.openShared);

  test("what was taken when the answer was lost is taken again at once, not when its lease is over", async () => {
    let losing = true;
    let delivered = 0;
    const lossy: PostgresStore = {
      ...temp.store,
      async all(sql, params) {
        const rows = await temp.store.all<never>(sql, params);
        if (!losing || !sql.includes("SKIP LOCKED") || rows.length === 0) return rows;
        losing = false;
        throw new AppError("unavailable", "the answer was lost");
      },
    };
    const events = { receipt: () => {}, connected: () => {} };
    const publisher = createPostgresBroker(temp, "publisher", { log: silentLog, events });
    const taker = createPostgresBroker({ store: lossy, url: temp.url }, "taker", { log: silentLog, events });
    const arrived = new Promise<number>((resolve) => {
      taker.subscribe("check_tasks", (parcel) => (delivered++, void parcel.ack(true).then(() => resolve(parcel.deliveries))), { prefetch: 1, parcels: () => 1 - delivered });
    });
    await publisher.send("check_tasks", new Uint8Array([1]), { isDurable: true, id: "" });
    expect(await arrived).toBe(1);
    expect(losing).toBe(false);
    await Promise.all([publisher.close(), taker.close()]);
  }, 10_000);
});
