/**
 * The queues of one process. A message that its publisher can compute again lives in memory only; every other one is a row
 * before `publish` resolves. Both are delivered from memory, so a waiting message costs no query. Since one process owns the
 * file, whatever a predecessor had out when it died is simply waiting again.
 *
 * A delivery is out until it is acknowledged or given back. One that is neither for longer than the lease is
 * delivered again. After `maxAttempts` a message moves to the dead letters, recomputable or not, for a person to see.
 */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import {
  queueSchemas,
  type Consumer,
  type ConsumerOptions,
  type DeadLetter,
  type Delivery,
  type OutgoingMessage,
  type PublishOptions,
  type Queue,
  type QueueBody,
  type QueueName,
} from "#ports/queue";
import type { SqliteStore } from "./connection.ts";

const leaseMs = 5 * 60_000;
const sweepMs = 15_000;
const backoffMs = [100, 1_000, 5_000, 30_000, 60_000];

interface Held {
  /** Row in queue_messages; 0 for a message that lives in memory only. */
  row: number;
  id: string;
  tenantId: string;
  body: never;
  attempt: number;
  leasedUntilMs: number;
  /** Tells the publisher of a recomputable message that it is done with. */
  handled: (() => void) | undefined;
}

interface Line {
  waiting: Held[];
  out: Set<Held>;
  delayed: number;
  consumer: { options: ConsumerOptions; handle: (batch: Delivery<never>[]) => Promise<void> } | undefined;
  scheduled: boolean;
}

export interface SqliteQueue extends Queue {
  /** Reads what a predecessor left, and starts redelivering what is never answered. Call once, before anything else. */
  open(): void;
  stop(): void;
}

export function createSqliteQueue(store: SqliteStore, clock: Clock, log: Log): SqliteQueue {
  const lines: Record<QueueName, Line> = { check_tasks: emptyLine(), check_results: emptyLine(), notifications: emptyLine() };
  let sweeper: { cancel(): void } | undefined;

  const pump = (name: QueueName) => {
    const line = lines[name];
    if (line.scheduled || !line.consumer || line.waiting.length === 0) return;
    line.scheduled = true;
    queueMicrotask(() => {
      line.scheduled = false;
      deliver(name);
    });
  };

  const deliver = (name: QueueName) => {
    const line = lines[name];
    const consumer = line.consumer;
    if (!consumer) return;
    const room = consumer.options.prefetch - line.out.size;
    if (room <= 0 || line.waiting.length === 0) return;
    const batch = line.waiting.length <= room ? line.waiting : line.waiting.slice(0, room);
    line.waiting = line.waiting.length <= room ? [] : line.waiting.slice(room);
    const until = clock.now() + leaseMs;
    const deliveries = batch.map((held) => {
      held.attempt++;
      held.leasedUntilMs = until;
      line.out.add(held);
      return new SqliteDelivery(held, name, acknowledge, giveBack) as unknown as Delivery<never>;
    });
    consumer.handle(deliveries).catch(async (error) => {
      log.error("a consumer failed", { queue: name, error });
      await Promise.all(deliveries.map((delivery) => delivery.retry(messageOf(error)).catch(() => {})));
    });
  };

  const acknowledge = async (held: Held, name: QueueName): Promise<void> => {
    const line = lines[name];
    if (!line.out.delete(held)) return;
    held.handled?.();
    pump(name);
    if (held.row > 0) await store.write((tx) => tx.run("DELETE FROM queue_messages WHERE id = ?", [held.row]));
  };

  const giveBack = async (held: Held, name: QueueName, reason: string): Promise<void> => {
    const line = lines[name];
    if (!line.out.delete(held)) return;
    if (held.attempt >= (line.consumer?.options.maxAttempts ?? Number.POSITIVE_INFINITY)) {
      await bury(held, name, reason);
      held.handled?.();
      return;
    }
    const delay = backoffMs[Math.min(held.attempt, backoffMs.length) - 1]!;
    line.delayed++;
    clock.after(delay, () => {
      line.delayed--;
      line.waiting.push(held);
      pump(name);
    });
    if (held.row > 0) {
      await store.write((tx) =>
        tx.run("UPDATE queue_messages SET attempts = ?, visible_at = ? WHERE id = ?", [held.attempt, clock.now() + delay, held.row]),
      );
    }
  };

  const bury = async (held: Held, name: QueueName, reason: string): Promise<void> => {
    log.warn("a message was given up", { queue: name, id: held.id, attempts: held.attempt, reason });
    await store.write((tx) => {
      tx.run(
        `INSERT INTO dead_letters (message_id, queue, tenant_id, body, attempts, reason, died_at) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (message_id) DO UPDATE SET attempts = excluded.attempts, reason = excluded.reason, died_at = excluded.died_at`,
        [held.id, name, held.tenantId, encode(name, held.body), held.attempt, reason, clock.now()],
      );
      if (held.row > 0) tx.run("DELETE FROM queue_messages WHERE id = ?", [held.row]);
    });
  };

  const insert = async <Q extends QueueName>(name: Q, messages: OutgoingMessage<Q>[]): Promise<void> => {
    const now = clock.now();
    const rows = await store.write((tx) =>
      messages.map(
        (message) =>
          tx.get<{ id: number }>("INSERT INTO queue_messages (queue, message_id, tenant_id, body, visible_at) VALUES (?, ?, ?, ?, ?) RETURNING id", [
            name,
            message.id,
            message.tenantId,
            encode(name, message.body),
            now,
          ])!.id,
      ),
    );
    for (const [i, message] of messages.entries()) lines[name].waiting.push(hold(message, rows[i]!, 0, undefined));
    pump(name);
  };

  const hand = <Q extends QueueName>(name: Q, messages: OutgoingMessage<Q>[]): Promise<void> =>
    new Promise((resolve) => {
      let open = messages.length;
      const handled = () => {
        if (--open === 0) resolve();
      };
      for (const message of messages) lines[name].waiting.push(hold(message, 0, 0, handled));
      pump(name);
    });

  const sweep = () => {
    const now = clock.now();
    for (const name of Object.keys(lines) as QueueName[]) {
      for (const held of lines[name].out) {
        if (held.leasedUntilMs <= now) void giveBack(held, name, `no answer within ${leaseMs / 1000} s`).catch(() => {});
      }
    }
  };

  return {
    open() {
      type Row = { id: number; queue: QueueName; message_id: string; tenant_id: string; body: Uint8Array; attempts: number };
      for (const row of store.all<Row>("SELECT id, queue, message_id, tenant_id, body, attempts FROM queue_messages ORDER BY id")) {
        const message = { id: row.message_id, tenantId: row.tenant_id, body: fromBinary(queueSchemas[row.queue], row.body) };
        lines[row.queue].waiting.push(hold(message as never, row.id, row.attempts, undefined));
      }
      sweeper = clock.every(sweepMs, sweep);
    },
    stop: () => sweeper?.cancel(),
    async publish<Q extends QueueName>(name: Q, messages: OutgoingMessage<Q>[], options: PublishOptions) {
      if (messages.length === 0) return;
      await (options.recomputable ? hand(name, messages) : insert(name, messages));
    },
    consume(name, options, handle) {
      lines[name].consumer = { options, handle: handle as never };
      pump(name);
      return {
        stop: () => {
          lines[name].consumer = undefined;
          return Promise.resolve();
        },
      } satisfies Consumer;
    },
    deadLetters: (tenantId, queue, limit) =>
      Promise.resolve(
        store.all<DeadLetter>(
          `SELECT message_id AS id, queue, tenant_id AS tenantId, attempts, reason, died_at AS diedAtMs FROM dead_letters
           WHERE tenant_id = ?1 AND (?2 IS NULL OR queue = ?2) ORDER BY died_at DESC LIMIT ?3`,
          [tenantId, queue ?? null, limit],
        ),
      ),
    async replay(tenantId, id) {
      const own = [tenantId, id];
      const dead = store.get<{ queue: QueueName; body: Uint8Array }>("SELECT queue, body FROM dead_letters WHERE tenant_id = ? AND message_id = ?", own);
      if (!dead) return false;
      const removed = store.write((tx) => tx.run("DELETE FROM dead_letters WHERE tenant_id = ? AND message_id = ?", own));
      await insert(dead.queue, [{ id, tenantId, body: fromBinary(queueSchemas[dead.queue], dead.body) as never }]);
      await removed;
      return true;
    },
    depths() {
      const depths = {} as Record<QueueName, number>;
      for (const name of Object.keys(lines) as QueueName[]) {
        depths[name] = lines[name].waiting.length + lines[name].out.size + lines[name].delayed;
      }
      return Promise.resolve(depths);
    },
  };
}

/** A class, not an object of closures: thousands are made a second. */
class SqliteDelivery<Q extends QueueName> implements Delivery<Q> {
  constructor(
    private readonly held: Held,
    private readonly name: Q,
    private readonly acknowledge: (held: Held, name: QueueName) => Promise<void>,
    private readonly giveBack: (held: Held, name: QueueName, reason: string) => Promise<void>,
  ) {}
  get id(): string {
    return this.held.id;
  }
  get tenantId(): string {
    return this.held.tenantId;
  }
  get body(): QueueBody<Q> {
    return this.held.body;
  }
  get attempt(): number {
    return this.held.attempt;
  }
  ack(): Promise<void> {
    return this.acknowledge(this.held, this.name);
  }
  retry(reason: string): Promise<void> {
    return this.giveBack(this.held, this.name, reason);
  }
}

function hold(message: OutgoingMessage<QueueName>, row: number, attempt: number, handled: (() => void) | undefined): Held {
  return { row, id: message.id, tenantId: message.tenantId, body: message.body as never, attempt, leasedUntilMs: 0, handled };
}

function encode(name: QueueName, body: unknown): Uint8Array {
  return toBinary(queueSchemas[name], body as never);
}

function emptyLine(): Line {
  return { waiting: [], out: new Set(), delayed: 0, consumer: undefined, scheduled: false };
}
