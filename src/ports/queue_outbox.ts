/**
 * The publishing side of a queue over a broker. What its publisher can compute again is collected for a few milliseconds and sent in
 * parcels, and kept until there is a receipt. It is sent again after every reconnection, and on its own after a time that doubles: a
 * queue that is only slow must not be filled with what it has already.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ParcelMessageSchema, ParcelSchema, ReceiptSchema, type ParcelMessage } from "#contracts/uptimeping/events/v1/parcel_pb";
import type { Clock, Timer } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { Log } from "#kernel/log";
import { queueNames, type OutgoingMessage, type QueueName } from "./queue.ts";
import { encodeBody } from "./queue_codec.ts";
import type { Broker } from "./queue_broker.ts";

const parcelMessages = 200;
const parcelBytes = 256 * 1024;
/**
 * What a message waits for others at most; the first after a pause does not wait. Each parcel costs both sides about the same whatever
 * is in it, most of it in writes to sockets: at 1,000 messages a second this is half of what 5 ms would cost.
 */
const collectMs = 20;
/** Parcels that the broker has not confirmed; what comes meanwhile makes the next ones larger. */
const unconfirmed = 8;
/** With the time between two looks: within 30 s. */
const againMs = 25_000;
const sweepMs = 5_000;
const longestAgainMs = 5 * 60_000;
/** Messages without a receipt, about 100 MB at most: a publisher that gets no further is told so instead. */
const mostPending = 100_000;

interface Pending {
  number: number;
  queue: QueueName;
  message: OutgoingMessage<QueueName>;
  handled: () => void;
  againAtMs: number;
  waitMs: number;
}

interface Chute {
  queue: QueueName;
  waiting: Pending[];
  sending: number;
  lastMs: number;
  scheduled: boolean;
}

export interface Outbox {
  /** Resolves when all of them have been handled. */
  send(queue: QueueName, messages: OutgoingMessage<QueueName>[]): Promise<void>;
  /** Resolves when it is on the broker's disk. */
  sendDurably(queue: QueueName, message: OutgoingMessage<QueueName>): Promise<void>;
  /** One that was meant for a consumer of this process. */
  passOn(queue: QueueName, message: OutgoingMessage<QueueName>, handled: () => void): void;
  receipt(bytes: Uint8Array): void;
  /** This process handled one of its own. */
  settle(number: number): void;
  /** Whatever has no receipt. */
  sendAgain(): void;
  stop(): void;
}

export interface OutboxOptions {
  broker: Broker;
  publisher: string;
  clock: Clock;
  log: Log;
}

export function createOutbox({ broker, publisher, clock, log }: OutboxOptions): Outbox {
  const pending = new Map<number, Pending>();
  const chutes = Object.fromEntries(queueNames.map((queue) => [queue, { queue, waiting: [], sending: 0, lastMs: Number.NEGATIVE_INFINITY, scheduled: false }])) as unknown as Record<QueueName, Chute>;
  const timers = new Set<Timer>();
  let lastNumber = 0;
  let trouble = "";
  /** Before the first connection stands nobody could answer: what were sent then would be sent twice. */
  let isReachable = false;

  const put = (queue: QueueName, message: OutgoingMessage<QueueName>, handled: () => void) => {
    const one: Pending = { number: ++lastNumber, queue, message, handled, againAtMs: 0, waitMs: againMs };
    pending.set(one.number, one);
    chutes[queue].waiting.push(one);
  };

  const schedule = (chute: Chute) => {
    if (!isReachable || chute.scheduled || chute.waiting.length === 0 || chute.sending >= unconfirmed) return;
    chute.scheduled = true;
    const go = () => {
      chute.scheduled = false;
      flush(chute);
    };
    const pauseMs = chute.lastMs + collectMs - clock.monotonic();
    if (pauseMs <= 0 || chute.waiting.length >= parcelMessages) return queueMicrotask(go);
    const timer = clock.after(pauseMs, () => {
      timers.delete(timer);
      go();
    });
    timers.add(timer);
  };

  const flush = (chute: Chute) => {
    chute.lastMs = clock.monotonic();
    while (chute.waiting.length > 0 && chute.sending < unconfirmed) {
      const { members, taken } = pack(chute.waiting);
      chute.waiting = chute.waiting.slice(taken.length);
      void ship(chute, members, taken);
    }
  };

  const ship = async (chute: Chute, messages: ParcelMessage[], taken: Pending[]) => {
    const now = clock.now();
    for (const one of taken) {
      one.againAtMs = now + one.waitMs;
      one.waitMs = Math.min(one.waitMs * 2, longestAgainMs);
    }
    chute.sending++;
    try {
      const parcel = toBinary(ParcelSchema, create(ParcelSchema, { publisher, replyTo: broker.replyTo(), messages }));
      await broker.send(chute.queue, parcel, { isDurable: false, id: "" });
      trouble = "";
      failpoint("parcel_sent");
    } catch (error) {
      if (trouble === "") log.warn("messages wait for the queue", { queue: chute.queue, waiting: pending.size, reason: messageOf(error) });
      trouble = messageOf(error);
      // The connection is seen to by the broker, which says when it stands; for the rest there is the next look.
      for (const one of taken) one.againAtMs = now;
    } finally {
      chute.sending--;
      schedule(chute);
    }
  };

  const sendAgain = (isDue: (one: Pending) => boolean) => {
    const waiting = new Set(Object.values(chutes).flatMap((chute) => chute.waiting));
    for (const one of pending.values()) {
      if (!waiting.has(one) && isDue(one)) chutes[one.queue].waiting.push(one);
    }
    for (const queue of queueNames) schedule(chutes[queue]);
  };
  const sweeper = clock.every(sweepMs, () => {
    const now = clock.now();
    if (pending.size > 0) sendAgain((one) => one.againAtMs <= now);
  });

  const settle = (number: number) => {
    const one = pending.get(number);
    if (!one) return;
    pending.delete(number);
    one.handled();
  };

  return {
    send(queue, messages) {
      if (pending.size + messages.length > mostPending) {
        return Promise.reject(new AppError("unavailable", `${messages.length} messages cannot be put on ${queue}: ${pending.size} wait for it already`));
      }
      return new Promise((resolve) => {
        let left = messages.length;
        const handled = () => {
          if (--left === 0) resolve();
        };
        for (const message of messages) put(queue, message, handled);
        schedule(chutes[queue]);
      });
    },
    async sendDurably(queue, message) {
      const number = ++lastNumber;
      const parcel = create(ParcelSchema, { publisher, messages: [memberOf(queue, message, number)] });
      await broker.send(queue, toBinary(ParcelSchema, parcel), { isDurable: true, id: `${publisher}-${number}` });
      failpoint("queue_rows_written");
    },
    passOn(queue, message, handled) {
      put(queue, message, handled);
      schedule(chutes[queue]);
    },
    receipt: (bytes) => {
      for (const number of fromBinary(ReceiptSchema, bytes).numbers) settle(number);
    },
    settle,
    sendAgain() {
      isReachable = true;
      sendAgain(() => true);
    },
    stop() {
      sweeper.cancel();
      for (const timer of timers) timer.cancel();
    },
  };
}

/** As many of the first as one parcel carries; never none. */
function pack(waiting: Pending[]): { members: ParcelMessage[]; taken: Pending[] } {
  const members: ParcelMessage[] = [];
  for (let bytes = 0; members.length < Math.min(waiting.length, parcelMessages) && bytes < parcelBytes; ) {
    const { queue, message, number } = waiting[members.length]!;
    const member = memberOf(queue, message, number);
    members.push(member);
    bytes += member.body.length;
  }
  return { members, taken: waiting.slice(0, members.length) };
}

function memberOf(queue: QueueName, { id, tenantId, body }: OutgoingMessage<QueueName>, number: number): ParcelMessage {
  return create(ParcelMessageSchema, { number, id, tenantId, body: encodeBody(queue, body as never) });
}
