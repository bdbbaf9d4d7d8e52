import { silentLog } from "#kernel/log";
import { queueFaults } from "../../testing/queue_faults.ts";
import { openPostgres } from "./connection.ts";
import { migrate } from "./migrations.ts";
import { createPostgresBroker } from "./queue.ts";

queueFaults(
  "postgres",
  (url, publisher, events) => {
    const store = openPostgres({ url, connections: 4, log: silentLog });
    const broker = createPostgresBroker({ store, url }, publisher, { log: silentLog, events, leaseMs: 2_000 });
    return {
      ...broker,
      async close() {
        await broker.close();
        await store.close();
      },
    };
  },
  async ({ url }) => {
    const store = openPostgres({ url, connections: 1, log: silentLog, statementTimeoutMs: 0 });
    await migrate(store);
    await store.close();
  },
);
