/**
 * Sends what the ledger holds. New messages are handed over under their lease right after they were stored; the rest
 * (retries, rows behind another, rows left by a process that died) is claimed when a slot is free and a timer says it is due.
 *
 * Promised: a row is settled only by the holder of its lease; whatever happens between sending and settling, the row is
 * sent again with the same id.
 */
import type { Broadcast } from "#kernel/broadcast";
import type { Clock, Timer } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { Claimed, ClaimTerms, LedgerRow, LedgerStore } from "#ports/ledger";
import { nextStep } from "./retry_schedule.ts";
import type { Answer } from "./senders/sender.ts";

export interface Deliverer {
  /** Slots for rows that are about to be stored and claimed; give them back through `deliver`. */
  reserve(tenantId: string, wanted: number): Reservation;
  /** Looks for due rows. */
  wake(): void;
  /** Takes no more; resolves when what is being sent has been settled. */
  stop(): Promise<void>;
}

export interface Reservation {
  terms: ClaimTerms;
  /** Sends the rows that were claimed with these terms, and frees the slots that were not used. */
  deliver(claimed: Claimed[]): void;
}

export interface DelivererOptions {
  ledger: LedgerStore;
  changes: Broadcast<LedgerRow>;
  clock: Clock;
  log: Log;
  concurrency: number;
  /** One attempt. */
  attempt(claimed: Claimed): Promise<Answer>;
  /** Told of every attempt that was settled. */
  settled(row: LedgerRow): void;
}

// Longer than any attempt may take, so that nobody else claims what is still being sent.
const leaseMs = 60_000;
// A timer is set on the monotonic clock for a time on the wall clock, which may jump.
const longestNapMs = 60_000;

// What one tenant may take of the slots, so that its dead receivers cannot hold up the others; a batch may go over it by its size.
const shareOfTenant = 1 / 2;
const shareOfBatch = 1 / 4;

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { ledger, changes, clock, log, concurrency } = options;
  const running = new Set<Promise<void>>();
  const runningOf = new Map<string, number>();
  let reserved = 0;
  let timer: Timer | undefined;
  let pumping: Promise<void> | undefined;
  let askedAgain = false;
  let stopped = false;

  const free = () => Math.max(0, concurrency - running.size - reserved);
  const leftOf = (tenantId: string) => Math.max(0, Math.ceil(concurrency * shareOfTenant) - (runningOf.get(tenantId) ?? 0));
  const full = () => [...runningOf.keys()].filter((tenantId) => leftOf(tenantId) === 0);
  const count = (tenantId: string, change: number) => {
    const now = (runningOf.get(tenantId) ?? 0) + change;
    if (now === 0) runningOf.delete(tenantId);
    else runningOf.set(tenantId, now);
  };

  const start = (claimed: Claimed) => {
    const { tenantId, id } = claimed.row;
    count(tenantId, 1);
    const work = attemptAndSettle(options, claimed)
      .catch((error) => log.error("a notification could not be settled: it will be sent again", { notification: id, reason: messageOf(error) }))
      .finally(() => {
        running.delete(work);
        count(tenantId, -1);
        wake();
      });
    running.add(work);
    changes.send(claimed.row);
  };

  const reserve = (wanted: number, exceptTenants: string[]): Reservation => {
    const nowMs = clock.now();
    const limit = stopped ? 0 : Math.min(wanted, free());
    reserved += limit;
    return {
      terms: { nowMs, leaseUntilMs: nowMs + leaseMs, limit, exceptTenants },
      deliver(claimed) {
        reserved -= limit;
        claimed.forEach(start);
      },
    };
  };

  const pump = async () => {
    for (let claimed = 1, limit = 1; claimed === limit && limit > 0 && !stopped; ) {
      const slots = reserve(Math.ceil(concurrency * shareOfBatch), full());
      limit = slots.terms.limit;
      const rows = limit === 0 ? [] : await ledger.claim(slots.terms).catch((error) => (slots.deliver([]), Promise.reject(error as Error)));
      slots.deliver(rows);
      claimed = rows.length;
    }
    // With every slot taken there is nothing to wait for: the next one to end wakes us.
    const dueAtMs = stopped || free() === 0 ? undefined : await ledger.nextDueAtMs(full());
    if (dueAtMs !== undefined && !stopped) timer = clock.after(Math.min(Math.max(dueAtMs - clock.now(), 1), longestNapMs), wake);
  };

  const wake = () => {
    if (stopped) return;
    if (pumping !== undefined) {
      askedAgain = true;
      return;
    }
    timer?.cancel();
    pumping = pump()
      .catch((error) => {
        log.error("due notifications could not be read", { reason: messageOf(error) });
        timer = clock.after(1_000, wake);
      })
      .finally(() => {
        pumping = undefined;
        if (!askedAgain) return;
        askedAgain = false;
        wake();
      });
  };

  return {
    reserve: (tenantId, wanted) => reserve(Math.min(wanted, leftOf(tenantId)), []),
    wake,
    async stop() {
      stopped = true;
      timer?.cancel();
      await pumping;
      timer?.cancel();
      await Promise.all(running);
    },
  };
}

async function attemptAndSettle(options: DelivererOptions, claimed: Claimed): Promise<void> {
  const { ledger, changes, clock } = options;
  const atMs = clock.now();
  const begun = clock.monotonic();
  const answer = await options.attempt(claimed);
  const nowMs = clock.now();
  const next = nextStep(claimed.row, answer, nowMs);
  const settled = await ledger.settle(claimed.row, {
    state: next.state,
    reason: next.reason,
    nextAttemptAtMs: next.state === "waiting" ? next.nextAttemptAtMs : 0,
    sentAtMs: next.state === "sent" ? nowMs : 0,
    lastError: answer.ok ? "" : answer.text,
    attempt: { atMs, durationMs: Math.round((clock.monotonic() - begun) * 100) / 100, ok: answer.ok, answer: answer.text },
    reached: ("reached" in answer && answer.reached) || claimed.row.reached,
    nowMs,
  });
  if (settled === undefined) return;
  changes.send(settled);
  options.settled(settled);
}
