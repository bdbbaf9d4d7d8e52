/**
 * The messages of the queues that are in this process: waiting, out at the consumer, or put off. What a queue adapter keeps elsewhere
 * it says through `Keeping`.
 *
 * A delivery is out until it is acknowledged or given back. One that is neither for longer than the lease is delivered again. After
 * `maxAttempts` a message moves to the dead letters, for a person to see.
 */
import type { Clock, Timer } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { Log } from "#kernel/log";
import type { Consumer, ConsumerOptions, Delivery, OutgoingMessage, QueueName } from "./queue.ts";

const leaseMs = 5 * 60_000;
const sweepMs = 15_000;
const buryAgainMs = 30_000;
const backoffMs = [100, 1_000, 5_000, 30_000, 60_000];

/** What an adapter does for a message that it brought, by the origin that it gave it. */
export interface Keeping<Origin> {
  /** Acknowledged: it never comes back. */
  forget(held: Held<Origin>): Promise<void>;
  /** Given back: it comes again after the delay, by `keepHere` or by a way of the adapter's. */
  giveBack(held: Held<Origin>, delayMs: number, keepHere: () => void): Promise<void>;
  /** To the dead letters. When it rejects, the message stays, and it is tried again. */
  bury(held: Held<Origin>, reason: string): Promise<void>;
  /** The consumer could take more than is here. */
  hungry(name: QueueName): void;
}

export interface Lines<Origin> {
  add(name: QueueName, message: OutgoingMessage<QueueName>, from: Arrival<Origin>): Held<Origin>;
  /** For one that is not to be shown to the consumer again. */
  bury(name: QueueName, message: OutgoingMessage<QueueName>, from: Arrival<Origin>, reason: string): void;
  /** Delivers what was added. */
  pump(name: QueueName): void;
  consume(name: QueueName, consumer: LineConsumer): Consumer;
  /** What waits or was put off, which leaves these lines. */
  takeWaiting(name: QueueName): Held<Origin>[];
  hasConsumer(name: QueueName): boolean;
  /** How many more the consumer could take at once. */
  room(name: QueueName): number;
  count(name: QueueName): number;
  stop(): void;
}

export interface LineConsumer {
  options: ConsumerOptions;
  handle: (batch: Delivery<never>[]) => Promise<void>;
}

export interface Arrival<Origin> {
  origin: Origin;
  /** Earlier attempts. */
  attempts: number;
  delayMs: number;
  /** Tells the publisher that the message is done with. */
  handled: (() => void) | undefined;
}

interface Line<Origin> {
  name: QueueName;
  waiting: Held<Origin>[];
  out: Set<Held<Origin>>;
  delayed: Map<Held<Origin>, Timer>;
  consumer: LineConsumer | undefined;
  scheduled: boolean;
}

/** What waiting and out messages can be told; one for all of them, since thousands are made a second. */
interface Answers<Origin> {
  acknowledge(held: Held<Origin>): Promise<void>;
  giveBack(held: Held<Origin>, reason: string): Promise<void>;
  giveUp(held: Held<Origin>, reason: string): Promise<void>;
}

/** A message and, while it is out, its delivery. */
export class Held<Origin> implements Delivery<never> {
  attempt: number;
  leasedUntilMs = 0;
  readonly origin: Origin;
  readonly handled: (() => void) | undefined;

  constructor(
    private readonly answers: Answers<Origin>,
    readonly queue: QueueName,
    readonly message: OutgoingMessage<QueueName>,
    { origin, attempts, handled }: Arrival<Origin>,
  ) {
    this.origin = origin;
    this.attempt = attempts;
    this.handled = handled;
  }

  get id(): string {
    return this.message.id;
  }
  get tenantId(): string {
    return this.message.tenantId;
  }
  get body(): never {
    return this.message.body as never;
  }
  ack(): Promise<void> {
    return this.answers.acknowledge(this);
  }
  retry(reason: string): Promise<void> {
    return this.answers.giveBack(this, reason);
  }
  giveUp(reason: string): Promise<void> {
    return this.answers.giveUp(this, reason);
  }
}

const nothingToDo = Promise.resolve();

export function createLines<Origin>(keeping: Keeping<Origin>, clock: Clock, log: Log): Lines<Origin> {
  const lines: Record<QueueName, Line<Origin>> = { check_tasks: emptyLine("check_tasks"), check_results: emptyLine("check_results"), notifications: emptyLine("notifications") };

  const pump = (line: Line<Origin>) => {
    if (line.scheduled || !line.consumer) return;
    if (line.waiting.length === 0) return keeping.hungry(line.name);
    line.scheduled = true;
    queueMicrotask(() => {
      line.scheduled = false;
      deliver(line);
    });
  };

  const deliver = (line: Line<Origin>) => {
    const consumer = line.consumer;
    if (!consumer) return;
    const room = consumer.options.prefetch - line.out.size;
    if (room <= 0 || line.waiting.length === 0) return;
    const batch = line.waiting.length <= room ? line.waiting : line.waiting.slice(0, room);
    line.waiting = line.waiting.length <= room ? [] : line.waiting.slice(room);
    const until = clock.now() + leaseMs;
    for (const held of batch) {
      held.attempt++;
      held.leasedUntilMs = until;
      line.out.add(held);
    }
    consumer.handle(batch).catch(async (error) => {
      log.error("a consumer failed", { queue: line.name, error });
      await Promise.all(batch.map((held) => held.retry(messageOf(error)).catch(() => {})));
    });
    if (line.waiting.length === 0) keeping.hungry(line.name);
  };

  const putOff = (held: Held<Origin>, delayMs: number, then: () => void) => {
    const { delayed } = lines[held.queue];
    const timer = clock.after(delayMs, () => {
      delayed.delete(held);
      then();
    });
    delayed.set(held, timer);
  };

  const keepHere = (held: Held<Origin>, delayMs: number) =>
    putOff(held, delayMs, () => {
      const line = lines[held.queue];
      line.waiting.push(held);
      pump(line);
    });

  const acknowledge = (held: Held<Origin>): Promise<void> => {
    const line = lines[held.queue];
    if (!line.out.delete(held)) return nothingToDo;
    failpoint("before_queue_ack");
    held.handled?.();
    pump(line);
    return keeping.forget(held);
  };

  const giveBack = async (held: Held<Origin>, reason: string): Promise<void> => {
    const line = lines[held.queue];
    if (!line.out.delete(held)) return;
    pump(line);
    if (held.attempt >= (line.consumer?.options.maxAttempts ?? Number.POSITIVE_INFINITY)) return bury(held, reason);
    const delayMs = backoffMs[Math.min(held.attempt, backoffMs.length) - 1]!;
    await keeping.giveBack(held, delayMs, () => keepHere(held, delayMs));
  };

  const giveUp = async (held: Held<Origin>, reason: string): Promise<void> => {
    const line = lines[held.queue];
    if (!line.out.delete(held)) return;
    pump(line);
    await bury(held, reason);
  };

  const bury = async (held: Held<Origin>, reason: string): Promise<void> => {
    log.warn("a message was given up", { queue: held.queue, id: held.id, attempts: held.attempt, reason });
    try {
      await keeping.bury(held, reason);
    } catch (error) {
      log.error("a dead letter could not be stored: trying again", { queue: held.queue, id: held.id, reason: messageOf(error), retryInMs: buryAgainMs });
      putOff(held, buryAgainMs, () => void bury(held, reason));
      return;
    }
    held.handled?.();
  };

  const answers: Answers<Origin> = { acknowledge, giveBack, giveUp };

  const sweeper = clock.every(sweepMs, () => {
    const now = clock.now();
    for (const line of Object.values(lines)) {
      for (const held of line.out) {
        if (held.leasedUntilMs <= now) void giveBack(held, `no answer within ${leaseMs / 1000} s`).catch(() => {});
      }
      pump(line);
    }
  });

  return {
    add(name, message, from) {
      const held = new Held(answers, name, message, from);
      if (from.delayMs > 0) keepHere(held, from.delayMs);
      else lines[name].waiting.push(held);
      return held;
    },
    bury: (name, message, from, reason) => void bury(new Held(answers, name, message, from), reason),
    pump: (name) => pump(lines[name]),
    consume(name, consumer) {
      const line = lines[name];
      line.consumer = consumer;
      pump(line);
      return {
        stop: () => {
          if (line.consumer === consumer) line.consumer = undefined;
          return nothingToDo;
        },
      };
    },
    takeWaiting(name) {
      const { waiting, delayed } = lines[name];
      for (const timer of delayed.values()) timer.cancel();
      const taken = [...waiting.splice(0), ...delayed.keys()];
      delayed.clear();
      return taken;
    },
    hasConsumer: (name) => lines[name].consumer !== undefined,
    room: (name) => {
      const { consumer, out, waiting } = lines[name];
      return consumer ? consumer.options.prefetch - out.size - waiting.length : 0;
    },
    count: (name) => lines[name].waiting.length + lines[name].out.size + lines[name].delayed.size,
    stop: () => sweeper.cancel(),
  };
}

function emptyLine<Origin>(name: QueueName): Line<Origin> {
  return { name, waiting: [], out: new Set(), delayed: new Map(), consumer: undefined, scheduled: false };
}
