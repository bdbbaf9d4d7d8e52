/** Draws again whenever the server says that something changed, and every few seconds where it cannot say. */
import { type Clock, sleep } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { CommandContext } from "./context.ts";
import { exitCodes } from "./exit_codes.ts";

const pollMs = 5_000;
/** Under many changes a person reads no more than this. */
const atMostEveryMs = 500;

/** `draw` is given whether something stands there already. Ends with Ctrl-C, which is how it is meant to end. */
export async function watch({ api, io }: CommandContext, draw: (again: boolean) => Promise<number>): Promise<number> {
  const stop = io.interrupted;
  const bell = createBell();
  const listening = listen({ api, io }, () => bell.ring());
  try {
    for (let again = false; !stop.aborted; again = true) {
      await drawOnce(draw, again);
      await sleep(io.clock, atMostEveryMs, stop);
      await bell.rungWithin(io.clock, pollMs, stop);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  await listening;
  return exitCodes.ok;
}

/** A server that restarts must not end the watch once it has begun. */
async function drawOnce(draw: (again: boolean) => Promise<number>, again: boolean): Promise<void> {
  try {
    await draw(again);
  } catch (error) {
    if (!again || !(error instanceof AppError) || error.code !== "unavailable") throw error;
  }
}

/** Rings at each event of the stream; a stream that ends or never starts is tried again at the pace of the polls. */
async function listen({ api, io }: Pick<CommandContext, "api" | "io">, ring: () => void): Promise<void> {
  while (!io.interrupted.aborted) {
    try {
      const response = await api.open("GET", "/events", { headers: { accept: "text/event-stream" }, signal: io.interrupted });
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        // Comment lines keep the connection alive and mean nothing.
        if (/^(event|data):/m.test(decoder.decode(chunk as Uint8Array, { stream: true }))) ring();
      }
    } catch {
      // The polls go on without it.
    }
    await sleep(io.clock, pollMs, io.interrupted).catch(() => {});
  }
}

function createBell() {
  let rung = false;
  let wake = () => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    async rungWithin(clock: Clock, ms: number, stop: AbortSignal): Promise<void> {
      if (!rung) {
        const early = new AbortController();
        wake = () => early.abort();
        await sleep(clock, ms, AbortSignal.any([early.signal, stop])).catch(() => {});
      }
      rung = false;
    },
  };
}
