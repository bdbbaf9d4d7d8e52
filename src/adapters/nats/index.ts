/** Queues on NATS JetStream. */
import type { Clock } from "#kernel/clock";
import type { Releases } from "#kernel/lifecycle";
import type { Log } from "#kernel/log";
import type { Queue } from "#ports/queue";
import { createBrokerQueue } from "#ports/queue_broker";
import { parseNatsAddress } from "./address.ts";
import { createNatsBroker } from "./queue.ts";

export interface NatsQueueOptions {
  /** See `address.ts`. */
  url: string;
  clock: Clock;
  log: Log;
  releases: Releases;
  /** Of this life of the process. */
  instanceId: string;
}

/** Does not wait for the broker: what is published until it can be reached waits, or is refused as `unavailable`. */
export function openNatsQueue({ url, clock, log, releases, instanceId }: NatsQueueOptions): Promise<Queue> {
  const address = parseNatsAddress(url);
  const queue = createBrokerQueue({ publisher: instanceId, clock, log, open: (events) => createNatsBroker(address, instanceId, { log, events }) });
  releases.add("nats", () => queue.close());
  return Promise.resolve(queue);
}
