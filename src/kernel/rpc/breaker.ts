/**
 * A role that does not answer must not be asked by everybody at once until it does. One breaker for each role elsewhere.
 *
 * closed: calls pass. After `failuresToOpen` failures in a row, or when at least `minCalls` ended within `windowMs` and
 *   `failureShare` of them failed → open.
 * open: calls are refused at once. After `openMs`, or when there is news of the role → half open.
 * half open: one call passes, the others are refused. It succeeds → closed; it fails → open again.
 *
 * A failure is a call that got no answer. An answer that says no is an answer.
 */
import type { Clock } from "../clock.ts";

export type BreakerState = "closed" | "half_open" | "open";

export interface BreakerRules {
  failuresToOpen: number;
  windowMs: number;
  minCalls: number;
  failureShare: number;
  openMs: number;
}

const usualRules: BreakerRules = { failuresToOpen: 5, windowMs: 10_000, minCalls: 20, failureShare: 0.5, openMs: 3_000 };

export interface Breaker {
  state(): BreakerState;
  /** 0 when the call may pass, which must then be settled; else how long the caller should wait, in milliseconds. */
  admit(): number;
  /** There is news of the role: an open breaker lets one call through now. */
  tryNow(): void;
  /** `abandoned`: the caller went away before anything was known. */
  settle(outcome: "answered" | "failed" | "abandoned"): void;
}

export function createBreaker(clock: Pick<Clock, "monotonic">, rules: BreakerRules = usualRules): Breaker {
  let inARow = 0;
  let openedAtMs: number | undefined;
  let trying = false;
  let window = { sinceMs: clock.monotonic(), calls: 0, failures: 0 };

  const leftMs = () => (openedAtMs === undefined ? 0 : openedAtMs + rules.openMs - clock.monotonic());

  const close = () => {
    openedAtMs = undefined;
    inARow = 0;
    window = { sinceMs: clock.monotonic(), calls: 0, failures: 0 };
  };

  const count = (failed: boolean) => {
    if (clock.monotonic() - window.sinceMs >= rules.windowMs) window = { sinceMs: clock.monotonic(), calls: 0, failures: 0 };
    window.calls++;
    if (failed) window.failures++;
    inARow = failed ? inARow + 1 : 0;
  };

  const isTooMuch = () => inARow >= rules.failuresToOpen || (window.calls >= rules.minCalls && window.failures >= window.calls * rules.failureShare);

  return {
    state: () => (openedAtMs === undefined ? "closed" : leftMs() > 0 ? "open" : "half_open"),
    admit() {
      if (openedAtMs === undefined) return 0;
      if (leftMs() > 0) return leftMs();
      if (trying) return rules.openMs;
      trying = true;
      return 0;
    },
    tryNow() {
      if (leftMs() > 0) openedAtMs = clock.monotonic() - rules.openMs;
    },
    settle(outcome) {
      // Calls that were on their way when it opened settle as well: an answer is good news from any of them.
      if (openedAtMs !== undefined) {
        const wasTrial = trying && leftMs() <= 0;
        if (wasTrial) trying = false;
        if (outcome === "answered") close();
        else if (outcome === "failed" && wasTrial) openedAtMs = clock.monotonic();
        return;
      }
      if (outcome === "abandoned") return;
      count(outcome === "failed");
      if (outcome === "failed" && isTooMuch()) openedAtMs = clock.monotonic();
    },
  };
}
