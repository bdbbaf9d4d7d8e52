/** Queues of several processes on one broker, as the suites of the adapters want them. */
import { silentLog } from "#kernel/log";
import { createReleases } from "#kernel/lifecycle";
import { createBrokerQueue, type Broker, type BrokerEvents } from "#ports/queue_broker";
import type { QueueUnderTest } from "../ports/queue.conformance.ts";
import type { SharedQueueUnderTest } from "../ports/shared_queue.conformance.ts";
import { createFakeClock } from "./fake_clock.ts";

export interface QueueWorld {
  openOne(): Promise<QueueUnderTest>;
  openShared(): Promise<SharedQueueUnderTest>;
}

/** `openBroker` is given the name of a process; `clean` removes what the broker keeps. Each world is a broker of its own. */
export function queueWorld(make: () => Promise<{ openBroker: (publisher: string, events: BrokerEvents) => Broker; clean: () => Promise<void> }>): QueueWorld {
  const openShared = async () => {
    const clock = createFakeClock();
    const { openBroker, clean } = await make();
    const releases = createReleases(silentLog);
    releases.add("what the broker keeps", clean, 20_000);
    let processes = 0;
    return {
      clock,
      join() {
        const publisher = `p${++processes}-${crypto.randomUUID().slice(0, 8)}`;
        let broker: Broker;
        const queue = createBrokerQueue({ publisher, clock, log: silentLog, open: (events) => (broker = openBroker(publisher, events)) });
        releases.add(publisher, () => queue.close());
        // A dead process answers nothing any more, whatever its deliveries are told.
        return Promise.resolve({ queue, crash: () => broker.close() });
      },
      wipe: clean,
      close: () => releases.releaseAll(),
    };
  };
  return {
    openShared,
    async openOne() {
      const { clock, join, close } = await openShared();
      let current = await join();
      return {
        queue: current.queue,
        clock,
        async crash() {
          await current.crash();
          current = await join();
          return current.queue;
        },
        close,
      };
    },
  };
}
