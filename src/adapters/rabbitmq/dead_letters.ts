/**
 * The dead letters are a queue that nobody empties. A queue can only be read by taking from it: a reader puts a mark of its own at the
 * end, takes everything up to that mark, and puts each letter back before it lets go of it. So at any time every letter is there, at
 * times twice, which a reader sees by its id. One reads at a time: an exclusive queue is the lock. They are few, and people ask for them
 * rarely. (A stream can be read without taking, and was no choice: on RabbitMQ 3.10 one does not come back after kill -9.)
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { AsyncMessage, Channel } from "rabbitmq-client";
import { BuriedMessageSchema, type BuriedMessage } from "#contracts/uptimeping/events/v1/parcel_pb";
import { AppError } from "#kernel/errors";
import { queueNames, type DeadLetter } from "#ports/queue";
import { withinLimit, type Rabbit } from "./connection.ts";

const ahead = 200;
const lockWithinMs = 10_000;
const lockAgainMs = 100;

export interface DeadLetters {
  bury(letter: BuriedMessage): Promise<void>;
  /** Newest first. */
  read(): Promise<BuriedMessage[]>;
  /** Takes one out for good. */
  strike(letter: BuriedMessage): Promise<void>;
}

export interface DeadLetterPlace {
  rabbit: Rabbit;
  queue: string;
  declare: (channel: Channel) => Promise<unknown>;
  /** Puts bytes on the queue; resolves when they are kept. */
  send: (bytes: Uint8Array) => Promise<void>;
}

export function createDeadLetters({ rabbit, queue, declare, send }: DeadLetterPlace): DeadLetters {
  let turn: Promise<unknown> = Promise.resolve();

  /** Reads through, keeping what is to be kept. */
  const walk = (isKept: (letter: BuriedMessage) => boolean): Promise<BuriedMessage[]> => {
    const mine = turn.then(() => locked(() => through(isKept)));
    turn = mine.catch(() => {});
    return mine;
  };

  const through = async (isKept: (letter: BuriedMessage) => boolean): Promise<BuriedMessage[]> => {
    const mark = crypto.randomUUID();
    await send(toBinary(BuriedMessageSchema, create(BuriedMessageSchema, { id: mark })));
    const found = new Map<string, BuriedMessage>();
    const met = Promise.withResolvers<void>();
    const open: Promise<void>[] = [];
    const take = async (channel: Channel, { body, deliveryTag }: AsyncMessage): Promise<void> => {
      const letter = fromBinary(BuriedMessageSchema, body as Buffer);
      const key = keyOf(letter);
      const isMark = letter.queue === "";
      const known = found.get(key);
      if (!isMark && isKept(letter) && !(known && known.diedAtMs >= letter.diedAtMs)) {
        found.set(key, letter);
        await send(body as Buffer);
      }
      channel.basicAck({ deliveryTag });
      if (isMark && letter.id === mark) met.resolve();
    };
    let isOver = false;
    const lane = rabbit.lane(async (channel) => {
      await declare(channel);
      await channel.basicQos({ prefetchCount: ahead });
      channel.on("close", () => met.reject(new AppError("unavailable", "the dead letters cannot be read: the connection was lost")));
      await channel.basicConsume({ queue }, (message) => {
        // What lies behind the mark came later, and goes back untouched.
        if (!isOver) open.push(take(channel, message).catch((error: unknown) => met.reject(error)));
        if (fromBinary(BuriedMessageSchema, message.body as Buffer).id === mark) isOver = true;
      });
    });
    try {
      const channel = await lane.channel();
      await withinLimit(met.promise.then(() => Promise.all(open)));
      // A question, so that the acknowledgements before it were read when the channel closes.
      await withinLimit(channel.basicQos({ prefetchCount: ahead }));
    } finally {
      met.promise.catch(() => {});
      lane.drop();
    }
    return [...found.values()].reverse().sort((a, b) => b.diedAtMs - a.diedAtMs);
  };

  const locked = async <T>(work: () => Promise<T>): Promise<T> => {
    const lock = `${queue}.lock`;
    const lane = rabbit.lane(async (channel) => void (await channel.queueDeclare({ queue: lock, exclusive: true, autoDelete: true })));
    for (let leftMs = lockWithinMs; ; leftMs -= lockAgainMs) {
      try {
        const channel = await lane.channel();
        try {
          return await work();
        } finally {
          if (channel.active) await withinLimit(channel.queueDelete({ queue: lock })).catch(() => {});
        }
      } catch (error) {
        if (leftMs <= 0 || !String((error as Error).message).includes("RESOURCE_LOCKED")) throw error;
        await new Promise((resolve) => setTimeout(resolve, lockAgainMs));
      } finally {
        lane.drop();
      }
    }
  };

  return {
    bury: (letter) => send(toBinary(BuriedMessageSchema, letter)),
    read: () => walk(() => true),
    async strike(letter) {
      await walk((other) => keyOf(other) !== keyOf(letter));
    },
  };
}

export function asDeadLetter({ id, queue, tenantId, attempts, reason, diedAtMs }: BuriedMessage): DeadLetter[] {
  const known = queueNames.find((name) => name === queue);
  return known ? [{ id, queue: known, tenantId, attempts, reason, diedAtMs }] : [];
}

function keyOf({ tenantId, id }: BuriedMessage): string {
  return `${tenantId}\n${id}`;
}
