/**
 * The queues of one process. A message that its publisher can compute again lives in memory only; every other one is a row
 * before `publish` resolves. Both are delivered from memory, so a waiting message costs no query. Since one process owns the
 * file, whatever a predecessor had out when it died is simply waiting again.
 */
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { Clock } from "#kernel/clock";
import { failpoint } from "#kernel/failpoint";
import type { Log } from "#kernel/log";
import { queueNames, queueSchemas, type DeadLetter, type OutgoingMessage, type PublishOptions, type Queue, type QueueName } from "#ports/queue";
import { createLines, type Held, type Keeping } from "#ports/queue_lines";
import type { SqliteStore } from "./connection.ts";

/** The row in queue_messages; 0 for a message that lives in memory only. */
type Row = number;

export interface SqliteQueue extends Queue {
  /** Reads what a predecessor left. Call once, before anything else. */
  open(): void;
  stop(): void;
}

const nothingToWrite = Promise.resolve();

export function createSqliteQueue(store: SqliteStore, clock: Clock, log: Log): SqliteQueue {
  const bury = async (held: Held<Row>, reason: string): Promise<void> => {
    await store.write((tx) => {
      tx.run(
        `INSERT INTO dead_letters (message_id, queue, tenant_id, body, attempts, reason, died_at) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (message_id) DO UPDATE SET attempts = excluded.attempts, reason = excluded.reason, died_at = excluded.died_at`,
        [held.id, held.queue, held.tenantId, encode(held.queue, held.body), held.attempt, reason, clock.now()],
      );
      if (held.origin > 0) tx.run("DELETE FROM queue_messages WHERE id = ?", [held.origin]);
    });
  };

  const keeping: Keeping<Row> = {
    forget: ({ origin }) => (origin === 0 ? nothingToWrite : store.write((tx) => void tx.run("DELETE FROM queue_messages WHERE id = ?", [origin]))),
    async giveBack({ origin, attempt }, delayMs, keepHere) {
      keepHere();
      if (origin > 0) await store.write((tx) => void tx.run("UPDATE queue_messages SET attempts = ?, visible_at = ? WHERE id = ?", [attempt, clock.now() + delayMs, origin]));
    },
    bury,
    hungry: () => {},
  };
  const lines = createLines(keeping, clock, log);

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
    failpoint("queue_rows_written");
    for (const [i, message] of messages.entries()) lines.add(name, message, { origin: rows[i]!, attempts: 0, delayMs: 0, handled: undefined });
    lines.pump(name);
  };

  const hand = <Q extends QueueName>(name: Q, messages: OutgoingMessage<Q>[]): Promise<void> =>
    new Promise((resolve) => {
      let open = messages.length;
      const handled = () => {
        if (--open === 0) resolve();
      };
      const arrival = { origin: 0, attempts: 0, delayMs: 0, handled };
      for (const message of messages) lines.add(name, message, arrival);
      lines.pump(name);
    });

  return {
    open() {
      type Stored = { id: number; queue: QueueName; message_id: string; tenant_id: string; body: Uint8Array; attempts: number };
      for (const row of store.all<Stored>("SELECT id, queue, message_id, tenant_id, body, attempts FROM queue_messages ORDER BY id")) {
        const message = { id: row.message_id, tenantId: row.tenant_id, body: fromBinary(queueSchemas[row.queue], row.body) };
        lines.add(row.queue, message, { origin: row.id, attempts: row.attempts, delayMs: 0, handled: undefined });
      }
    },
    stop: () => lines.stop(),
    async publish<Q extends QueueName>(name: Q, messages: OutgoingMessage<Q>[], options: PublishOptions) {
      if (messages.length === 0) return;
      await (options.recomputable ? hand(name, messages) : insert(name, messages));
    },
    consume: (name, options, handle) => lines.consume(name, { options, handle: handle as never }),
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
    depths: () => Promise.resolve(Object.fromEntries(queueNames.map((name) => [name, lines.count(name)])) as Record<QueueName, number>),
  };
}

function encode(name: QueueName, body: unknown): Uint8Array {
  return toBinary(queueSchemas[name], body as never);
}
