/** When a failed message is tried again, and when it is given up. */
import { createHash } from "node:crypto";
import type { LedgerRow } from "#ports/ledger";
import type { Answer } from "./senders/sender.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * Waits between attempts, three days in all. The later ones are those of Standard Webhooks 1.0.0; the first five minutes
 * are denser, because an alert that comes at once is worth more than one that comes tomorrow.
 */
const retryDelaysMs = [15 * second, 30 * second, minute, 2 * minute, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];

/** At most this part of a wait is added to it, so that messages that failed together do not come back together. */
const jitter = 0.1;

export type NextStep =
  | { state: "sent"; reason: "delivered" }
  | { state: "dead"; reason: string }
  | { state: "waiting"; reason: "retrying"; nextAttemptAtMs: number };

export function nextStep(row: Pick<LedgerRow, "id" | "tries">, answer: Answer, nowMs: number): NextStep {
  if (answer.ok) return { state: "sent", reason: "delivered" };
  if (answer.next === "give_up") return { state: "dead", reason: answer.reason };
  const delayMs = retryDelaysMs[row.tries];
  if (delayMs === undefined) return { state: "dead", reason: "gave_up" };
  const spread = delayMs * (1 + jitter * shareOf(row));
  // A receiver may ask for more patience, not for less: else one that always says "1 second" uses up the schedule in no time.
  return { state: "waiting", reason: "retrying", nextAttemptAtMs: Math.round(nowMs + Math.max(spread, answer.retryAfterMs ?? 0)) };
}

/** 0..1, spread evenly over messages and attempts, the same for the same attempt. */
function shareOf(row: Pick<LedgerRow, "id" | "tries">): number {
  return createHash("sha256").update(`${row.id}\n${row.tries}`).digest().readUInt32BE() / 0xffffffff;
}
