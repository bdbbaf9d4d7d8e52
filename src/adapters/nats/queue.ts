/**
 * The queues on NATS: a work-queue stream of JetStream each, a stream for the dead letters, and a subject for the receipts of each process.
 * Messages are fetched as there is room for them, and kept from being delivered to others by a sign of life while they are here.
 */
import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { BuriedMessageSchema, type BuriedMessage } from "#contracts/uptimeping/events/v1/parcel_pb";
import { AppError, messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import { queueNames, type DeadLetter, type QueueName } from "#ports/queue";
import type { Appetite, ArrivedParcel, Broker, BrokerEvents, Subscription } from "#ports/queue_broker";
import type { NatsAddress } from "./address.ts";
import { connectNats } from "./connection.ts";
import { consumerName, makeStreams, namesOf, type Streams } from "./streams.ts";

/** How soon others get what a dead process had. */
const ackWaitMs = 10_000;
const fetchForMs = 5_000;
const againMs = 500;
const readAtOnce = 50;

export interface NatsBrokerOptions {
  log: Log;
  events: BrokerEvents;
  ackWaitMs?: number;
}

export function createNatsBroker(address: NatsAddress, publisher: string, options: NatsBrokerOptions): Broker {
  const { log, events } = options;
  const wait = options.ackWaitMs ?? ackWaitMs;
  const { prefix, shown } = address;
  const names = namesOf(address);
  const replyTo = `${prefix}.receipts.${publisher}`;
  const subscriptions = new Map<QueueName, Fetching>();
  let made: Promise<Streams> | undefined;
  let listening: NatsConnection | undefined;

  const nats = connectNats(address, log, (connection) => {
    // The client subscribes again by itself on a connection that it made anew.
    if (listening !== connection) connection.subscribe(replyTo, { callback: (_, message) => events.receipt(message.data) });
    listening = connection;
    // A server that was away may come back without its streams.
    made = undefined;
    for (const subscription of subscriptions.values()) subscription.again();
    events.connected();
  });

  const streams = async (): Promise<Streams> => {
    const connection = await nats.connection();
    const making = (made ??= makeStreams(connection, address, wait));
    making.catch(() => made === making && (made = undefined));
    return making;
  };

  /** Once more when the stream is gone, which is seen by nobody answering. */
  const using = async <T>(work: (streams: Streams) => Promise<T>): Promise<T> => {
    for (let isLast = false; ; isLast = true) {
      try {
        return await work(await streams());
      } catch (error) {
        made = undefined;
        if (isLast || error instanceof AppError) throw unavailable(error, shown);
      }
    }
  };

  const letterAt = async (subject: string): Promise<{ letter: BuriedMessage; seq: number } | undefined> => {
    const stored = await using(async ({ manager }) => (await manager.streams.getMessage(names.deadStream, { last_by_subj: subject })) ?? undefined);
    return stored && { letter: fromBinary(BuriedMessageSchema, stored.data), seq: stored.seq };
  };

  return {
    replyTo: () => replyTo,
    async send(queue, parcel, { id }) {
      await using(({ js }) => js.publish(names.subject(queue), parcel, id === "" ? {} : { msgID: id }));
    },
    subscribe(queue, take, appetite) {
      const subscription = subscribe({ queue, log, streams, stream: names.stream(queue), keepMs: wait / 3, forget: () => (made = undefined) }, take, appetite);
      subscriptions.set(queue, subscription);
      return subscription;
    },
    async tell(to, receipt) {
      (await nats.connection()).publish(to, receipt);
    },
    async bury(letter) {
      await using(({ js }) => js.publish(names.deadSubject(letter.tenantId, letter.id), toBinary(BuriedMessageSchema, letter)));
    },
    async deadLetters(tenantId, queue, limit) {
      const info = await using(({ manager }) => manager.streams.info(names.deadStream, { subjects_filter: names.deadSubjectsOf(tenantId) }));
      const subjects = Object.keys(info.state.subjects ?? {});
      const found: BuriedMessage[] = [];
      for (let from = 0; from < subjects.length; from += readAtOnce) {
        const some = await Promise.all(subjects.slice(from, from + readAtOnce).map(letterAt));
        found.push(...some.flatMap((one) => (one && (queue === undefined || one.letter.queue === queue) ? [one.letter] : [])));
      }
      return found.sort((a, b) => b.diedAtMs - a.diedAtMs).slice(0, limit).flatMap(asDeadLetter);
    },
    exhume: async (tenantId, id) => (await letterAt(names.deadSubject(tenantId, id)))?.letter,
    async strike({ tenantId, id }) {
      const found = await letterAt(names.deadSubject(tenantId, id));
      if (found) await using(({ manager }) => manager.streams.deleteMessage(names.deadStream, found.seq));
    },
    async waiting(queue) {
      const { state } = await using(({ manager }) => manager.streams.info(names.stream(queue)));
      return Math.max(0, state.messages - (subscriptions.get(queue)?.held.size ?? 0));
    },
    async close() {
      for (const subscription of subscriptions.values()) await subscription.stop();
      await nats.close();
    },
  };
}

interface Fetching extends Subscription {
  held: Set<JsMsg>;
  /** The connection is another one. */
  again(): void;
}

interface Subscribing {
  queue: QueueName;
  stream: string;
  log: Log;
  streams: () => Promise<Streams>;
  keepMs: number;
  /** The streams have to be looked at anew. */
  forget: () => void;
}

function subscribe({ queue, stream, log, streams, keepMs, forget }: Subscribing, take: (parcel: ArrivedParcel) => void, appetite: Appetite): Fetching {
  const held = new Set<JsMsg>();
  let stopped = false;
  let fetching: ConsumerMessages | undefined;
  let wake = () => {};
  const keeper = setInterval(() => {
    for (const message of held) message.working();
  }, keepMs);

  const fetchOnce = async (parcels: number) => {
    const { js } = await streams();
    const consumer = await js.consumers.get(stream, consumerName);
    fetching = await consumer.fetch({ max_messages: parcels, expires: fetchForMs });
    const overdue = setTimeout(() => fetching?.stop(), fetchForMs * 2);
    try {
      for await (const message of fetching) {
        if (stopped) message.nak();
        else {
          held.add(message);
          take(arrived(message, held));
        }
      }
    } finally {
      clearTimeout(overdue);
      fetching = undefined;
    }
  };

  const run = async () => {
    while (!stopped) {
      const parcels = appetite.parcels();
      if (parcels === 0) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      try {
        await fetchOnce(parcels);
      } catch (error) {
        if (stopped) return;
        forget();
        log.warn("a queue is not listened to: trying again", { queue, reason: messageOf(error) });
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    }
  };

  void run();
  return {
    held,
    hungry: () => wake(),
    /** What was asked of a connection that is gone is not answered. */
    again: () => fetching?.stop(),
    async stop() {
      stopped = true;
      clearInterval(keeper);
      fetching?.stop();
      wake();
      await Promise.resolve();
    },
  };
}

function arrived(message: JsMsg, held: Set<JsMsg>): ArrivedParcel {
  return {
    bytes: message.data,
    deliveries: message.info.deliveryCount,
    async ack(isDurable) {
      held.delete(message);
      if (!isDurable) return message.ack();
      if (!(await message.ackAck())) throw new AppError("unavailable", "the queue did not answer an acknowledgement: the message comes again");
    },
    release() {
      held.delete(message);
      try {
        message.nak();
      } catch {
        // The connection is closed: it goes to others when its time is over.
      }
    },
  };
}

function unavailable(error: unknown, shown: string): AppError {
  return error instanceof AppError ? error : new AppError("unavailable", `the queue at ${shown} cannot be used: ${messageOf(error)}`, { cause: error });
}

function asDeadLetter({ id, queue, tenantId, attempts, reason, diedAtMs }: BuriedMessage): DeadLetter[] {
  const known = queueNames.find((name) => name === queue);
  return known ? [{ id, queue: known, tenantId, attempts, reason, diedAtMs }] : [];
}
