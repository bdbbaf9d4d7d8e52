import { describe } from "bun:test";
import { silentLog } from "#kernel/log";
import { queueConformance } from "#ports/queue.conformance";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteQueue } from "./queue.ts";

describe("sqlite queue", () => {
  queueConformance(async () => {
    const temp = await openTempStore();
    const clock = createFakeClock();
    const start = () => {
      const queue = createSqliteQueue(temp.store, clock, silentLog);
      queue.open();
      return queue;
    };
    const queue = start();
    return {
      queue,
      clock,
      crash: async () => {
        queue.stop();
        queue.consume("check_tasks", { prefetch: 0, maxAttempts: 1 }, () => Promise.resolve());
        return start();
      },
      close: async () => temp[Symbol.asyncDispose](),
    };
  });
});
