/**
 * Whether the fault was ours: when this thread's event loop stood still, an answer that came in time is read too late, and
 * a timer that was to fire in a second fires as soon as the loop runs again, before anything that waits in a socket is read.
 *
 * One timer per thread, while attempts are under way, notes when it was called late. An attempt costs a comparison unless the loop
 * did stand still.
 */
import type { Clock, Timer } from "#kernel/clock";
import { failure, type ErrorKind, type Failure } from "./failure.ts";

export interface StallWatch {
  /** For how many milliseconds of `fromMs` to `toMs`, both of the monotonic clock, the event loop stood still. */
  between(fromMs: number, toMs: number): number;
  /** An attempt begins, or has ended: the watch sleeps while there is none. */
  begin(): void;
  end(): void;
}

const periodMs = 20;
/** A timer is a little late on every busy machine; that delays an answer by as little. */
const toleratedMs = 30;
/** The oldest are forgotten; this many within one attempt are far beyond what is needed to excuse it. */
const maxStalls = 512;

export function createStallWatch(clock: Clock): StallWatch {
  /** Oldest first; `from` is when the timer was due, `to` when it was called. */
  const stalls: { from: number; to: number }[] = [];
  let calledAt = Number.POSITIVE_INFINITY;
  let underWay = 0;
  let timer: Timer | undefined;

  const look = () => {
    const now = clock.monotonic();
    const dueAt = calledAt + periodMs;
    calledAt = now;
    if (now - dueAt <= toleratedMs) return;
    stalls.push({ from: dueAt, to: now });
    if (stalls.length > maxStalls) stalls.shift();
  };

  return {
    begin() {
      if (underWay++ > 0) return;
      calledAt = clock.monotonic();
      timer = clock.every(periodMs, look);
    },
    end() {
      if (--underWay > 0) return;
      // The last attempt may have been told of a stall that the timer has not seen yet.
      look();
      calledAt = Number.POSITIVE_INFINITY;
      timer?.cancel();
    },
    between(fromMs, toMs) {
      // The stall that is just over: whoever asks may be called before the timer is.
      const dueAt = calledAt + periodMs;
      let sum = toMs - dueAt > toleratedMs ? toMs - Math.max(dueAt, fromMs) : 0;
      for (let index = stalls.length - 1; index >= 0 && stalls[index]!.to > fromMs; index--) {
        const { from, to } = stalls[index]!;
        sum += Math.max(0, Math.min(to, toMs) - Math.max(from, fromMs));
      }
      return sum;
    },
  };
}

const endedByTime = new Set<ErrorKind>(["dns_timeout", "connect_timeout", "tls_handshake", "response_timeout"]);
const stalledShare = 0.2;
const stalledMostMs = 250;

/** What a failure that our own stall may have caused is to be called instead; undefined when it says something about the target. */
export function stallFailure(problem: Failure | undefined, stalledMs: number, timeoutMs: number): Failure | undefined {
  if (!problem || !endedByTime.has(problem.kind)) return undefined;
  if (stalledMs <= Math.min(stalledMostMs, timeoutMs * stalledShare)) return undefined;
  return failure("internal", `attempt failed on our side: our own event loop was stalled ${Math.round(stalledMs)} ms of ${timeoutMs} ms, and then: ${problem.message}`);
}
