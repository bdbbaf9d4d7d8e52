import { afterAll, beforeAll } from "bun:test";
import { silentLog } from "#kernel/log";
import { queueConformance } from "#ports/queue.conformance";
import { sharedQueueConformance } from "#ports/shared_queue.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { queueWorld } from "../../testing/queue_world.ts";
import { openTempPostgres, type TempPostgres } from "../../testing/temp_postgres.ts";
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
});
