/**
 * A queue over a broker that several processes share. An adapter brings `Broker`, the few things in which brokers differ; how messages
 * travel is the same on each:
 *
 * A message that its publisher can compute again is handed over in memory when the consumer is in this process, and otherwise goes
 * in a parcel with others (`queue_outbox.ts`). The consuming process acknowledges a parcel once each of its messages was answered, and
 * sends receipts, by which `publish` resolves (`queue_inbox.ts`). What has no receipt is sent again, so the broker may lose everything.
 * Every other message is a parcel of its own, written durably before `publish` resolves and acknowledged durably.
 *
 * One that is given back is sent anew, alone, with its number of attempts, so that neither a crash forgets them nor its parcel waits.
 */
import { create } from "@bufbuild/protobuf";
import { ParcelMessageSchema, type BuriedMessage, type ParcelMessage } from "#contracts/uptimeping/events/v1/parcel_pb";
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import { queueNames, type DeadLetter, type OutgoingMessage, type PublishOptions, type Queue, type QueueName } from "./queue.ts";
import { decodeBody, encodeBody } from "./queue_codec.ts";
import { createInbox, type Source } from "./queue_inbox.ts";
import { createLines, type Held, type Keeping } from "./queue_lines.ts";
import { createOutbox } from "./queue_outbox.ts";

/** Nothing here throws but by rejecting, and with `unavailable` while the broker cannot be reached. */
export interface Broker {
  /** Where receipts for this process go; may change with each connection. */
  replyTo(): string;
  /** Resolves when the broker has the parcel, on its disk if that is asked for. `id` is the same when it is sent once more. */
  send(queue: QueueName, parcel: Uint8Array, how: { isDurable: boolean; id: string }): Promise<void>;
  /** `take` is given what arrives, from now on and after every reconnection. */
  subscribe(queue: QueueName, take: (parcel: ArrivedParcel) => void, appetite: Appetite): Subscription;
  /** Nobody there any more is no failure. */
  tell(replyTo: string, receipt: Uint8Array): Promise<void>;
  bury(letter: BuriedMessage): Promise<void>;
  /** The newest of one tenant, newest first. */
  deadLetters(tenantId: string, queue: QueueName | undefined, limit: number): Promise<DeadLetter[]>;
  exhume(tenantId: string, id: string): Promise<BuriedMessage | undefined>;
  /** Strikes it off the dead letters. */
  strike(letter: BuriedMessage): Promise<void>;
  /** Parcels that no consumer has yet. */
  waiting(queue: QueueName): Promise<number>;
  close(): Promise<void>;
}

/** What a broker tells of itself. */
export interface BrokerEvents {
  receipt(bytes: Uint8Array): void;
  /** It can be reached (again): what has no receipt yet may be lost. */
  connected(): void;
}

export interface Appetite {
  /** At most this many messages are to be here. */
  prefetch: number;
  /** How many parcels would fill it up now; 0 for none. */
  parcels(): number;
}

export interface Subscription {
  /** The appetite may have grown. */
  hungry(): void;
  /** Nothing arrives after this; what did may still be answered. */
  stop(): Promise<void>;
}

export interface ArrivedParcel {
  bytes: Uint8Array;
  /** How often it was delivered, this time included. */
  deliveries: number;
  /** It never comes back; resolves when that is durable, if that is asked for. */
  ack(isDurable: boolean): Promise<void>;
  /** Goes back to the queue for others. */
  release(): void;
}

export interface BrokerQueueOptions {
  /** The identity of this process's life: a restart has another. */
  publisher: string;
  clock: Clock;
  log: Log;
  open: (events: BrokerEvents) => Broker;
}

export interface BrokerQueue extends Queue {
  close(): Promise<void>;
}

/** Undefined for a message that was handed over in memory. */
type Origin = Source | undefined;

export function createBrokerQueue({ publisher, clock, log, open }: BrokerQueueOptions): BrokerQueue {
  const subscriptions = new Map<QueueName, Subscription>();
  const broker = open({ receipt: (bytes) => outbox.receipt(bytes), connected: () => outbox.sendAgain() });
  const outbox = createOutbox({ broker, publisher, clock, log });

  const keeping: Keeping<Origin> = {
    forget: (held) => (held.origin ? inbox.answered(held.origin) : Promise.resolve()),
    async giveBack(held, delayMs, keepHere) {
      if (!held.origin) return keepHere();
      try {
        await inbox.sendAlone(held.origin, { queue: held.queue, member: memberOf(held, delayMs) });
      } catch (error) {
        log.warn("a message that was given back waits here: the queue cannot be reached", { queue: held.queue, id: held.id, reason: messageOf(error) });
        keepHere();
      }
    },
    async bury(held, reason) {
      await broker.bury(letterOf(held, reason, clock.now()));
      if (held.origin) await inbox.answered(held.origin);
    },
    hungry: (name) => subscriptions.get(name)?.hungry(),
  };
  const lines = createLines(keeping, clock, log);
  const inbox = createInbox({ broker, outbox, lines, publisher, clock, log });

  const hand = (name: QueueName, messages: OutgoingMessage<QueueName>[]): Promise<void> =>
    new Promise((resolve) => {
      let left = messages.length;
      const handled = () => {
        if (--left === 0) resolve();
      };
      for (const message of messages) lines.add(name, message, { origin: undefined, attempts: 0, delayMs: 0, handled });
      lines.pump(name);
    });

  return {
    async publish<Q extends QueueName>(name: Q, messages: OutgoingMessage<Q>[], { recomputable }: PublishOptions) {
      if (messages.length === 0) return;
      if (!recomputable) await Promise.all(messages.map((message) => outbox.sendDurably(name, message)));
      else if (lines.hasConsumer(name)) await hand(name, messages);
      else await outbox.send(name, messages);
    },
    consume(name, options, handle) {
      const consumer = lines.consume(name, { options, handle: handle as never });
      const appetite: Appetite = { prefetch: options.prefetch, parcels: () => inbox.parcelsFor(name) };
      const subscription = broker.subscribe(name, (parcel) => inbox.take(name, parcel), appetite);
      subscriptions.set(name, subscription);
      return {
        async stop() {
          await consumer.stop();
          if (subscriptions.get(name) === subscription) subscriptions.delete(name);
          await subscription.stop();
          if (lines.hasConsumer(name)) return;
          for (const held of lines.takeWaiting(name)) {
            if (held.origin) inbox.drop(held.origin);
            else outbox.passOn(name, held.message, held.handled!);
          }
        },
      };
    },
    deadLetters: (tenantId, queue, limit) => broker.deadLetters(tenantId, queue, limit),
    async replay(tenantId, id) {
      const letter = await broker.exhume(tenantId, id);
      const name = queueNames.find((known) => known === letter?.queue);
      if (!letter || !name) return false;
      await outbox.sendDurably(name, { id, tenantId, body: decodeBody(name, letter.body) });
      await broker.strike(letter);
      return true;
    },
    async depths() {
      const counts = await Promise.all(queueNames.map(async (name) => [name, (await broker.waiting(name)) + lines.count(name)] as const));
      return Object.fromEntries(counts) as Record<QueueName, number>;
    },
    async close() {
      lines.stop();
      outbox.stop();
      await inbox.stop();
      await broker.close();
    },
  };
}

function memberOf(held: Held<Origin>, delayMs: number): ParcelMessage {
  return create(ParcelMessageSchema, { number: held.origin!.number, id: held.id, tenantId: held.tenantId, body: bodyOf(held), attempts: held.attempt, delayMs });
}

function letterOf(held: Held<Origin>, reason: string, diedAtMs: number): BuriedMessage {
  const { queue, id, tenantId, attempt } = held;
  return { $typeName: "uptimeping.events.v1.BuriedMessage", queue, id, tenantId, body: bodyOf(held), attempts: attempt, reason, diedAtMs };
}

function bodyOf(held: Held<Origin>): Uint8Array<ArrayBuffer> {
  return encodeBody(held.queue, held.body);
}
