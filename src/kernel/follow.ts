/** Reads a stream for as long as the signal allows, and opens it again when it breaks. */
import { systemCall, withSignal, type Call } from "./call.ts";
import { sleep, type Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

export interface Following<T> {
  /** Who reads, for the log and the call. */
  role: string;
  /** What is read, for the log. */
  what: string;
  open(call: Call): AsyncIterable<T>;
  /** Called each time the stream is opened, before its first message. */
  opened?(): void;
  each(message: T): void;
}

const againAfterMs = 500;

export async function follow<T>({ clock, log }: { clock: Clock; log: Log }, signal: AbortSignal, following: Following<T>): Promise<void> {
  const call = withSignal(systemCall(following.role), signal);
  while (!signal.aborted) {
    following.opened?.();
    try {
      for await (const message of following.open(call)) following.each(message);
    } catch (error) {
      log.warn(`${following.what} cannot be followed: trying again`, { reason: messageOf(error) });
    }
    await sleep(clock, againAfterMs, signal).catch(() => {});
  }
}
