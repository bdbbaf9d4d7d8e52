/** Queues on RabbitMQ. */
import type { Clock } from "#kernel/clock";
import type { Releases } from "#kernel/lifecycle";
import type { Log } from "#kernel/log";
import type { Queue } from "#ports/queue";
import { createBrokerQueue } from "#ports/queue_broker";
import { parseRabbitAddress } from "./address.ts";
import { createRabbitBroker } from "./queue.ts";

export interface RabbitQueueOptions {
  /** See `address.ts`. */
  url: string;
  clock: Clock;
  log: Log;
  releases: Releases;
  /** Of this life of the process. */
  instanceId: string;
}

/** Does not wait for the broker: what is published until it can be reached waits, or is refused as `unavailable`. */
export function openRabbitQueue({ url, clock, log, releases, instanceId }: RabbitQueueOptions): Promise<Queue> {
  const address = parseRabbitAddress(url);
  const queue = createBrokerQueue({ publisher: instanceId, clock, log, open: (events) => createRabbitBroker(address, instanceId, { log, events }) });
  releases.add("rabbitmq", () => queue.close());
  return Promise.resolve(queue);
}
