/**
 * The consuming side of a queue over a broker: takes parcels apart, acknowledges each when all of its messages were answered, and
 * tells their publishers. A message that comes again while it is here, or shortly after it was answered, is recognised: it is not
 * handled twice, and its publisher is told again.
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ParcelSchema, ReceiptSchema, type Parcel, type ParcelMessage } from "#contracts/uptimeping/events/v1/parcel_pb";
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { QueueName } from "./queue.ts";
import { decodeBody } from "./queue_codec.ts";
import type { ArrivedParcel, Broker } from "./queue_broker.ts";
import type { Lines } from "./queue_lines.ts";
import type { Outbox } from "./queue_outbox.ts";

/** Nobody waits for a receipt but to know from where to compute again. */
const tellEveryMs = 50;
const receiptNumbers = 1_000;
const tellAgainMs = 500;
const remembered = 50_000;
/** A parcel that came this often may hold a message that its consumers die of: each then goes alone, and in the end to the dead letters. */
const suspectDeliveries = 4;
const mostDeliveries = 10;

/** Where a message here came from: more than one parcel when it was sent again. */
export interface Source {
  key: string;
  publisher: string;
  number: number;
  /** Empty when nobody waits for a receipt. */
  replyTo: string;
  parcels: OpenParcel[];
}

interface OpenParcel {
  arrived: ArrivedParcel;
  open: number;
  dropped: number;
  isDurable: boolean;
}

export interface Inbox {
  take(queue: QueueName, arrived: ArrivedParcel): void;
  /** How many parcels would fill the room that the consumer has. */
  parcelsFor(queue: QueueName): number;
  /** Handled, or dead: never again. Resolves when that is durable, for what was published durably. */
  answered(source: Source): Promise<void>;
  /** Puts a message back on its queue by itself, and is done with where it came from. */
  sendAlone(source: Source, what: { queue: QueueName; member: ParcelMessage }): Promise<void>;
  /** Will not be handled here: others may have it. */
  drop(source: Source): void;
  stop(): Promise<void>;
}

export interface InboxOptions {
  broker: Broker;
  outbox: Outbox;
  lines: Lines<Source | undefined>;
  publisher: string;
  clock: Clock;
  log: Log;
}

export function createInbox({ broker, outbox, lines, publisher: self, clock, log }: InboxOptions): Inbox {
  const here = new Map<string, Source>();
  const done = createMemory(remembered);
  const receipts = createReceipts(broker, clock);
  /** Messages in a parcel, as it has been lately. */
  let usual = 1;

  const tell = ({ publisher, number, replyTo }: Pick<Source, "publisher" | "number" | "replyTo">) => {
    if (replyTo === "") return;
    if (publisher === self) outbox.settle(number);
    else receipts.add(replyTo, number);
  };

  const leave = (source: Source): void => {
    if (here.get(source.key) === source) here.delete(source.key);
  };

  const answered = async (source: Source): Promise<void> => {
    leave(source);
    done.add(source.key);
    tell(source);
    // What can be computed again needs no more than that the broker hears of it some time.
    const acks = closeAll(source);
    if (source.replyTo === "") await acks;
    else acks.catch(() => {});
  };

  const closeAll = async (source: Source): Promise<void> => {
    await Promise.all(source.parcels.map((parcel) => {
      parcel.open--;
      return settle(parcel);
    }));
  };

  const settle = async (parcel: OpenParcel): Promise<void> => {
    if (parcel.open !== parcel.dropped) return;
    if (parcel.dropped > 0) parcel.arrived.release();
    else await parcel.arrived.ack(parcel.isDurable);
  };

  const sendAlone: Inbox["sendAlone"] = async (source, { queue, member }) => {
    const { publisher, replyTo } = source;
    const parcel = toBinary(ParcelSchema, create(ParcelSchema, { publisher, replyTo, messages: [member] }));
    // Before it is sent: it may be here again before that is confirmed, and is not the one that is here now.
    leave(source);
    try {
      await broker.send(queue, parcel, { isDurable: true, id: `${source.key}-${member.attempts}` });
    } catch (error) {
      if (!here.has(source.key)) here.set(source.key, source);
      throw error;
    }
    await closeAll(source);
  };

  /** Gives each message of a parcel that is suspect a parcel of its own. */
  const split = async (queue: QueueName, { publisher, replyTo, messages }: Parcel, arrived: ArrivedParcel) => {
    try {
      await Promise.all(
        messages.map((member) => broker.send(queue, toBinary(ParcelSchema, create(ParcelSchema, { publisher, replyTo, messages: [member] })), { isDurable: true, id: "" })),
      );
      await arrived.ack(false);
    } catch (error) {
      log.warn("a parcel that came often was not taken apart", { queue, deliveries: arrived.deliveries, reason: messageOf(error) });
      arrived.release();
    }
  };

  const add = (queue: QueueName, { publisher, replyTo }: Parcel, member: ParcelMessage, parcel: OpenParcel) => {
    const { number, id, tenantId, attempts, delayMs } = member;
    const key = `${publisher}-${number}`;
    const source = here.get(key);
    if (source) {
      source.replyTo = replyTo;
      source.parcels.push(parcel);
      return;
    }
    const fresh: Source = { key, publisher, number, replyTo, parcels: [parcel] };
    if (done.has(key)) {
      answered(fresh).catch((error) => log.warn("a message that came again stays on its queue", { queue, id, reason: messageOf(error) }));
      return;
    }
    here.set(key, fresh);
    const message = { id, tenantId, body: decodeBody(queue, member.body) };
    const arrival = { origin: fresh, attempts, delayMs, handled: undefined };
    const { deliveries } = parcel.arrived;
    if (deliveries > mostDeliveries) lines.bury(queue, message, arrival, `delivered ${deliveries - 1} times and never answered`);
    else lines.add(queue, message, arrival);
  };

  return {
    take(queue, arrived) {
      const parcel = open(arrived.bytes);
      if (!parcel || parcel.messages.length === 0) {
        log.error("a parcel cannot be read: it is thrown away", { queue, bytes: arrived.bytes.length });
        return void arrived.ack(false).catch(() => {});
      }
      const { messages, replyTo } = parcel;
      usual = Math.max(1, usual * 0.9 + messages.length * 0.1);
      if (arrived.deliveries > suspectDeliveries && messages.length > 1) return void split(queue, parcel, arrived);
      const opened: OpenParcel = { arrived, open: messages.length, dropped: 0, isDurable: replyTo === "" };
      for (const member of messages) add(queue, parcel, member, opened);
      lines.pump(queue);
    },
    parcelsFor: (queue) => Math.min(256, Math.max(0, Math.ceil(lines.room(queue) / usual))),
    answered,
    sendAlone,
    drop(source) {
      leave(source);
      for (const parcel of source.parcels) {
        parcel.dropped++;
        settle(parcel).catch(() => {});
      }
    },
    stop: () => receipts.stop(),
  };
}

function open(bytes: Uint8Array): Parcel | undefined {
  try {
    return fromBinary(ParcelSchema, bytes);
  } catch {
    return undefined;
  }
}

/** Collected for a few milliseconds each. One that was sent and does not arrive is asked for, by the message itself, but not soon. */
function createReceipts(broker: Broker, clock: Clock): { add(replyTo: string, number: number): void; stop(): Promise<void> } {
  let waiting = new Map<string, number[]>();
  let scheduled = false;
  let stopped = false;
  let lastMs = Number.NEGATIVE_INFINITY;

  const tell = async (replyTo: string, numbers: number[]) => {
    try {
      await broker.tell(replyTo, toBinary(ReceiptSchema, create(ReceiptSchema, { numbers })));
    } catch {
      if (!stopped) clock.after(tellAgainMs, () => add(replyTo, numbers));
    }
  };

  const flush = async () => {
    scheduled = false;
    lastMs = clock.monotonic();
    const told: Promise<void>[] = [];
    for (const [replyTo, numbers] of waiting) {
      for (let from = 0; from < numbers.length; from += receiptNumbers) told.push(tell(replyTo, numbers.slice(from, from + receiptNumbers)));
    }
    waiting = new Map();
    await Promise.all(told);
  };

  const add = (replyTo: string, numbers: number[]) => {
    if (stopped) return;
    const others = waiting.get(replyTo);
    if (others) others.push(...numbers);
    else waiting.set(replyTo, [...numbers]);
    if (scheduled) return;
    scheduled = true;
    const pauseMs = lastMs + tellEveryMs - clock.monotonic();
    if (pauseMs <= 0) queueMicrotask(() => void flush());
    else clock.after(pauseMs, () => void flush());
  };

  return {
    add: (replyTo, number) => add(replyTo, [number]),
    stop() {
      stopped = true;
      return flush();
    },
  };
}

/** The newest keys, in two halves of which the older is forgotten at once. */
function createMemory(size: number): { add(key: string): void; has(key: string): boolean } {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    add(key) {
      young.add(key);
      if (young.size < size / 2) return;
      old = young;
      young = new Set();
    },
    has: (key) => young.has(key) || old.has(key),
  };
}
