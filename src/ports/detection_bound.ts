/**
 * How soon an outage is told of, computed from the settings of a check.
 *
 * With k = failureThreshold, P the distance between two runs (the period, or the longest that a run may take when that is more) and
 * R = (1 + retries) · timeout + retries · retryDelay, the longest run:
 *
 *   detectMs      = k·P + R, and for several locations with a quorum other than "any" S more. The worst outage begins right after a run
 *                   was answered: the k-th failing run then begins k·P later and takes R to fail. S = max(60 s, 2.5·P) + P is how long
 *                   a location that died itself still has a say.
 *   alwaysToldMs  = detectMs + H. H = 121 s is the longest that an opening waits: 120 s while our own network or a suspected
 *                   parent is asked about, and the second after which this is looked at.
 *   messageMs     = alwaysToldMs + groupWaitMs, until the message is handed to its sender.
 *   neverToldMs   = (k-1)·P + retries · retryDelay - timeout, at least 0; for k = 1 retries · retryDelay. Anything shorter cannot fail k
 *                   runs with all their attempts; several such blips may still be told as flapping.
 *
 * What is not told by this bound: an outage in a maintenance window, under a parent that is down (told as the parent's), while our own
 * network is gone (told as ours), of a check that a person closed while it failed (told again after the reopen window, when a run
 * fails `reopenWindowMs` after that), and during what our own process was down or late: an opening that waited when the process
 * ended waits for the next failing run, so that a restart adds P to what it takes itself.
 */
import type { Quorum } from "./quorum.ts";

/** The longest that an opening waits for an answer about our own network, or for a parent that is suspected. */
export const mostWaitMs = 120_000;

/** So often those that wait are looked at again. */
export const lookEveryMs = 1_000;

/** A location that was silent for longer has no say: so many periods, and at least. */
export const freshForPeriods = 2.5;
export const freshForAtLeastMs = 60_000;

export interface BoundedCheck {
  timeoutMs: number;
  retries: number;
  retryDelayMs: number;
  failureThreshold: number;
  quorum: Quorum;
}

export interface BoundSettings {
  /** Period of the schedule. */
  everyMs: number;
  /** Places that the check runs from; 1 unless given. */
  locations?: number;
  /** How long a message may wait for others to be sent with it; 0 unless given. */
  groupWaitMs?: number;
}

export interface DetectionBound {
  /** From the beginning of an outage until it is known to be one, when nothing makes it wait. */
  detectMs: number;
  /** From the beginning of an outage until its message is handed to the sender, in the worst case. */
  messageMs: number;
  /** An outage that is longer is always told. */
  alwaysToldMs: number;
  /** An outage that is shorter is never told. */
  neverToldMs: number;
}

export function detectionBound(check: BoundedCheck, { everyMs, locations = 1, groupWaitMs = 0 }: BoundSettings): DetectionBound {
  const { timeoutMs, retries, retryDelayMs, failureThreshold, quorum } = check;
  const longestRunMs = (1 + retries) * timeoutMs + retries * retryDelayMs;
  const periodMs = Math.max(everyMs, longestRunMs);
  const silentMs = locations > 1 && quorum !== "any" ? Math.max(freshForAtLeastMs, freshForPeriods * periodMs) + periodMs : 0;
  const detectMs = failureThreshold * periodMs + longestRunMs + silentMs;
  const alwaysToldMs = detectMs + mostWaitMs + lookEveryMs;
  const shortest = (failureThreshold - 1) * everyMs + retries * retryDelayMs - timeoutMs;
  const neverToldMs = failureThreshold === 1 ? retries * retryDelayMs : Math.max(0, shortest);
  return { detectMs, messageMs: alwaysToldMs + groupWaitMs, alwaysToldMs, neverToldMs };
}
