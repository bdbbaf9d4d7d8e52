/**
 * One connection, made anew whenever it is lost, and channels on it that are made anew with it. A broker may accept a question and never
 * answer it (a quorum queue without a leader): every question has a limit, past which its channel is given up.
 */
import { Connection, type Channel } from "rabbitmq-client";
import { AppError, messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { RabbitAddress } from "./address.ts";

const answerMs = 10_000;
const firstPauseMs = 250;
const longestPauseMs = 5_000;

export interface Rabbit {
  /** A channel that `prepare` has seen first; the same one until it is lost. */
  lane(prepare: (channel: Channel) => Promise<void>): Lane;
  /** Calls back whenever the connection stands (again). */
  onConnected(fn: () => void): void;
  close(): Promise<void>;
}

export interface Lane {
  /** Rejects with `unavailable` when there is no connection for a while. */
  channel(): Promise<Channel>;
  /** Gives the channel up; the next one is fresh. */
  drop(): void;
}

export function connectRabbit({ url, hosts, shown }: RabbitAddress, log: Log): Rabbit {
  const connection = new Connection({ url, hosts, acquireTimeout: answerMs, connectionTimeout: 5_000, retryLow: firstPauseMs, retryHigh: longestPauseMs, heartbeat: 10, frameMax: 131_072, noDelay: true, connectionName: "uptimeping" });
  const connected: (() => void)[] = [];
  let closing = false;
  let isUp = false;
  connection.on("error", (error: unknown) => {
    if (closing) return;
    if (isUp || !isConnectionTrouble(error)) log.warn("trouble with RabbitMQ", { address: shown, reason: messageOf(error) });
    else log.warn("RabbitMQ cannot be reached: trying until it can", { address: shown, reason: messageOf(error) });
    isUp &&= !isConnectionTrouble(error);
  });
  connection.on("connection", () => {
    isUp = true;
    log.info("connected to RabbitMQ", { address: shown });
    for (const fn of connected) fn();
  });

  const open = async (prepare: (channel: Channel) => Promise<void>): Promise<Channel> => {
    const channel = await connection.acquire();
    try {
      await withinLimit(prepare(channel));
      return channel;
    } catch (error) {
      channel.close().catch(() => {});
      throw error;
    }
  };

  return {
    lane(prepare) {
      let current: Channel | undefined;
      let opening: Promise<Channel> | undefined;
      return {
        async channel() {
          if (current?.active) return current;
          try {
            opening ??= open(prepare).finally(() => (opening = undefined));
            return (current = await opening);
          } catch (error) {
            throw unavailable(error, shown);
          }
        },
        drop() {
          const dropped = current;
          current = undefined;
          dropped?.close().catch(() => {});
        },
      };
    },
    onConnected: (fn) => void connected.push(fn),
    async close() {
      closing = true;
      // What was to be finished is finished: channels are not waited for.
      connection.unsafeDestroy();
      await Promise.resolve();
    },
  };
}

export async function withinLimit<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError("unavailable", `RabbitMQ gave no answer for ${answerMs} ms`)), answerMs);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}

export function unavailable(error: unknown, shown: string): AppError {
  return error instanceof AppError ? error : new AppError("unavailable", `the queue at ${shown} cannot be used: ${messageOf(error)}`, { cause: error });
}

function isConnectionTrouble(error: unknown): boolean {
  const { name, syscall } = error as { name?: string; syscall?: string };
  return name === "AMQPConnectionError" || syscall !== undefined;
}
