/**
 * The queues in PostgreSQL: a parcel is a row, which a consumer takes by moving its time on (SKIP LOCKED, so that consumers do not wait for
 * each other) and removes when it is done. A notification wakes consumers, another carries receipts; a consumer that hears none looks once
 * a second. Times are the server's, so that clocks which differ cost nothing.
 */
import { SQL } from "bun";
import { createHash } from "node:crypto";
import type { BuriedMessage } from "#contracts/uptimeping/events/v1/parcel_pb";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { DeadLetter, QueueName } from "#ports/queue";
import type { Appetite, ArrivedParcel, Broker, BrokerEvents, Subscription } from "#ports/queue_broker";
import type { PostgresStore } from "./connection.ts";

/** How soon others get what a dead process had. */
const leaseMs = 15_000;
const lookEveryMs = 1_000;
const againMs = 500;
const wakeChannel = "uptimeping_queue";

const nowMs = "(extract(epoch FROM now()) * 1000)::bigint";
/** What a crash of the server may take back needs no write-through. Stands in a statement, and holds for its transaction. */
const quickly = "quickly AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))";

const statements = {
  send: `INSERT INTO queue_parcels (queue, visible_at_ms, body) VALUES ($1, ${nowMs}, $2) RETURNING pg_notify('${wakeChannel}', $1)::text`,
  sendQuickly: `WITH ${quickly} INSERT INTO queue_parcels (queue, visible_at_ms, body) SELECT $1, ${nowMs}, $2 FROM quickly RETURNING pg_notify('${wakeChannel}', $1)::text`,
  take: `WITH ${quickly} UPDATE queue_parcels SET visible_at_ms = ${nowMs} + $3, deliveries = deliveries + 1, taken_in = $4::uuid FROM quickly
    WHERE id IN (SELECT id FROM queue_parcels WHERE queue = $1 AND visible_at_ms <= ${nowMs} ORDER BY visible_at_ms, id LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING id, deliveries, body`,
  untake: `WITH ${quickly} UPDATE queue_parcels SET visible_at_ms = ${nowMs}, deliveries = deliveries - 1 FROM quickly WHERE queue = $1 AND taken_in = $2::uuid`,
  keep: `WITH ${quickly} UPDATE queue_parcels SET visible_at_ms = ${nowMs} + $2 FROM quickly WHERE id = ANY($1::bigint[])`,
  release: `UPDATE queue_parcels SET visible_at_ms = ${nowMs} WHERE id = $1 RETURNING pg_notify('${wakeChannel}', queue)::text`,
  remove: "DELETE FROM queue_parcels WHERE id = ANY($1::bigint[])",
  removeQuickly: `WITH ${quickly} DELETE FROM queue_parcels USING quickly WHERE id = ANY($1::bigint[])`,
  bury: `INSERT INTO dead_letters (tenant_id, message_id, queue, body, attempts, reason, died_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (tenant_id, message_id) DO UPDATE SET queue = excluded.queue, body = excluded.body, attempts = excluded.attempts, reason = excluded.reason, died_at_ms = excluded.died_at_ms`,
  dead: `SELECT message_id AS id, queue, tenant_id AS "tenantId", attempts, reason, died_at_ms AS "diedAtMs" FROM dead_letters
    WHERE tenant_id = $1 AND ($2::text IS NULL OR queue = $2) ORDER BY died_at_ms DESC LIMIT $3`,
  exhume: `SELECT message_id AS id, queue, tenant_id AS "tenantId", body, attempts, reason, died_at_ms AS "diedAtMs" FROM dead_letters WHERE tenant_id = $1 AND message_id = $2`,
  strike: "DELETE FROM dead_letters WHERE tenant_id = $1 AND message_id = $2",
  count: "SELECT count(*) AS parcels FROM queue_parcels WHERE queue = $1",
};

export interface PostgresBrokerOptions {
  log: Log;
  events: BrokerEvents;
  leaseMs?: number;
}

export function createPostgresBroker({ store, url }: { store: PostgresStore; url: string }, publisher: string, options: PostgresBrokerOptions): Broker {
  const { log, events } = options;
  const lease = options.leaseMs ?? leaseMs;
  const subscriptions = new Map<QueueName, Taking>();
  // The name of a channel has at most 63 bytes.
  const replyTo = `uptimeping_r_${createHash("sha256").update(publisher).digest("hex").slice(0, 32)}`;
  const remover = createRemover(store);
  const ears = listen({ url, log }, [
    [wakeChannel, (queue) => subscriptions.get(queue as QueueName)?.look(), () => subscriptions.forEach((one) => one.look())],
    [replyTo, (receipt) => events.receipt(Buffer.from(receipt, "base64")), () => events.connected()],
  ]);

  return {
    replyTo: () => replyTo,
    async send(queue, parcel, { isDurable }) {
      await store.run(isDurable ? statements.send : statements.sendQuickly, [queue, parcel]);
    },
    subscribe(queue, take, appetite) {
      const taking = startTaking({ queue, store, log, remover, leaseMs: lease }, take, appetite);
      subscriptions.set(queue, taking);
      return taking;
    },
    async tell(to, receipt) {
      await store.all("SELECT pg_notify($1, $2)::text", [to, Buffer.from(receipt).toString("base64")]);
    },
    async bury({ tenantId, id, queue, body, attempts, reason, diedAtMs }) {
      await store.run(statements.bury, [tenantId, id, queue, body, attempts, reason, diedAtMs]);
    },
    deadLetters: (tenantId, queue, limit) => store.all<DeadLetter>(statements.dead, [tenantId, queue ?? null, limit]),
    async exhume(tenantId, id) {
      const found = await store.get<Omit<BuriedMessage, "$typeName">>(statements.exhume, [tenantId, id]);
      return found && { ...found, $typeName: "uptimeping.events.v1.BuriedMessage" };
    },
    strike: async ({ tenantId, id }) => void (await store.run(statements.strike, [tenantId, id])),
    async waiting(queue) {
      const counted = await store.get<{ parcels: number }>(statements.count, [queue]);
      return Math.max(0, (counted?.parcels ?? 0) - (subscriptions.get(queue)?.held.size ?? 0));
    },
    async close() {
      for (const taking of subscriptions.values()) taking.end();
      await ears.close();
    },
  };
}

interface Taking extends Subscription {
  held: Set<number>;
  look(): void;
  /** Nothing is kept any more. */
  end(): void;
}

interface TakingFrom {
  queue: QueueName;
  store: PostgresStore;
  log: Log;
  remover: Remover;
  leaseMs: number;
}

function startTaking({ queue, store, log, remover, leaseMs: lease }: TakingFrom, take: (parcel: ArrivedParcel) => void, appetite: Appetite): Taking {
  const held = new Set<number>();
  let stopped = false;
  let looking = false;
  let again = false;
  /** The last taking, while it is not known what came of it; "" when it is. */
  let unsure = "";

  const look = () => {
    again = true;
    if (stopped || looking) return;
    looking = true;
    void lookWhileThereIs().finally(() => (looking = false));
  };

  const lookWhileThereIs = async () => {
    while (again && !stopped) {
      again = false;
      const parcels = appetite.parcels();
      if (parcels === 0) return;
      try {
        // What was taken when the answer was lost is nobody's, and would lie until its lease is over.
        if (unsure !== "") await store.run(statements.untake, [queue, unsure]);
        unsure = crypto.randomUUID();
        const rows = await store.all<{ id: number; deliveries: number; body: Uint8Array }>(statements.take, [queue, parcels, lease, unsure]);
        unsure = "";
        if (rows.length === parcels) again = true;
        for (const row of rows.sort((a, b) => a.id - b.id)) arrive(row);
      } catch (error) {
        log.warn("a queue is not looked at: trying again", { queue, reason: messageOf(error) });
        await new Promise((resolve) => setTimeout(resolve, againMs));
        again = true;
      }
    }
  };

  const release = (id: number) => {
    held.delete(id);
    store.all(statements.release, [id]).catch((error: unknown) => log.warn("a parcel goes to others later", { queue, reason: messageOf(error) }));
  };

  const arrive = ({ id, deliveries, body }: { id: number; deliveries: number; body: Uint8Array }) => {
    if (stopped) return release(id);
    held.add(id);
    take({
      bytes: body,
      deliveries,
      // One that could not be removed comes again when its lease is over, and is known then.
      ack: (isDurable) => remover.remove(id, isDurable).finally(() => held.delete(id)),
      release: () => release(id),
    });
  };

  const looker = setInterval(look, lookEveryMs);
  const keeper = setInterval(() => {
    if (held.size > 0) store.run(statements.keep, [[...held], lease]).catch((error: unknown) => log.warn("parcels may go to others", { queue, reason: messageOf(error) }));
  }, lease / 3);
  const end = () => {
    stopped = true;
    clearInterval(looker);
    clearInterval(keeper);
  };
  look();
  return {
    held,
    look,
    hungry: look,
    end,
    // What is here is kept until it was answered.
    stop: () => {
      stopped = true;
      clearInterval(looker);
      return Promise.resolve();
    },
  };
}

interface Remover {
  /** Resolves when it is gone, also for a server that crashes when that is asked for. */
  remove(id: number, isDurable: boolean): Promise<void>;
}

/** One statement at a time, for all that was answered meanwhile. */
function createRemover(store: PostgresStore): Remover {
  let waiting: { id: number; isDurable: boolean; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let running = false;

  const run = async () => {
    while (waiting.length > 0) {
      const some = waiting;
      waiting = [];
      try {
        await store.run(some.some((one) => one.isDurable) ? statements.remove : statements.removeQuickly, [some.map((one) => one.id)]);
        for (const one of some) one.resolve();
      } catch (error) {
        for (const one of some) one.reject(error);
      }
    }
    running = false;
  };

  return {
    remove: (id, isDurable) =>
      new Promise((resolve, reject) => {
        waiting.push({ id, isDurable, resolve, reject });
        if (running) return;
        running = true;
        queueMicrotask(() => void run());
      }),
  };
}

type Ear = [channel: string, heard: (payload: string) => void, listening: () => void];

/** Listens on a connection of its own, which the client makes anew when it is lost; the first is tried for until it stands. */
function listen({ url, log }: { url: string; log: Log }, ears: Ear[]): { close(): Promise<void> } {
  const sql = new SQL(url, { max: 1, connectionTimeout: 5 });
  let closed = false;
  const start = async ([channel, heard, listening]: Ear) => {
    while (!closed) {
      try {
        await sql.listen(channel, heard, listening);
        return;
      } catch (error) {
        if (closed) return;
        log.warn("PostgreSQL is not listened to: trying again", { reason: messageOf(error) });
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
  };
  for (const ear of ears) void start(ear);
  return {
    async close() {
      closed = true;
      await sql.close({ timeout: 0 });
    },
  };
}
