/**
 * One connection to a Redis that may be away at any time. Nobody waits for it: what it does not answer within a few milliseconds
 * is answered without it.
 *
 * closed: it is asked. After `failuresToOpen` questions in a row without an answer → open, and the connection is made anew, since
 * on one that swallows questions the next answer would be late as well.
 * open: nobody asks. After `openMs` → half open.
 * half open: one asks. An answer → closed; none → open again.
 */
import { Redis } from "ioredis";
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";

export interface RedisStore {
  /** What it answered within `withinMs`; undefined when it is away, slow or refuses. Never rejects. */
  ask<T>(question: (client: Redis) => Promise<T>, withinMs: number): Promise<{ answer: T } | undefined>;
  close(): void;
}

export interface RedisOptions {
  /** `redis://` or `rediss://`, with user, password and number of the database when it has them. */
  url: string;
  clock: Clock;
  log: Log;
}

const failuresToOpen = 3;
const openMs = 1_000;
const connectWithinMs = 1_000;
const longestPauseMs = 2_000;

export function openRedis({ url, clock, log }: RedisOptions): RedisStore {
  const client = new Redis(url, {
    // A question that cannot be asked now is answered without Redis, and never asked later.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectWithinMs,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), longestPauseMs),
  });
  let failures = 0;
  let openUntilMs = 0;
  let trying = false;
  let isAway = false;
  let isClosed = false;

  const away = (reason: string) => {
    if (isAway || isClosed) return;
    isAway = true;
    log.warn("Redis does not answer: what gateways share, each does by itself for now", { reason });
  };
  client.on("error", (error: Error) => away(error.message));
  client.on("close", () => away("the connection was closed"));

  const failed = (reason: string) => {
    away(reason);
    if (++failures < failuresToOpen) return;
    openUntilMs = clock.monotonic() + openMs;
    if (client.status === "ready") client.disconnect(true);
  };
  const answered = () => {
    failures = 0;
    if (!isAway) return;
    isAway = false;
    log.info("Redis answers again");
  };

  return {
    async ask(question, withinMs) {
      const isHalfOpen = failures >= failuresToOpen;
      if (client.status !== "ready" || (isHalfOpen && (trying || clock.monotonic() < openUntilMs))) return undefined;
      trying = isHalfOpen;
      try {
        const answer = await within(question(client), withinMs, clock);
        answered();
        return { answer };
      } catch (error) {
        failed(messageOf(error));
        return undefined;
      } finally {
        if (isHalfOpen) trying = false;
      }
    },
    close() {
      isClosed = true;
      client.disconnect();
    },
  };
}

function within<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => reject(new Error(`no answer within ${ms} ms`)));
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
