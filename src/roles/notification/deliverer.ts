/**
 * Sends what the ledger holds. New messages are handed over under their lease right after they were stored; the rest
 * (retries, rows behind another, rows left by a process that died) is claimed when a slot is free and a timer says it is due.
 *
 * Promised: a row is settled only by the holder of its lease; whatever happens between sending and settling, the row is
 * sent again with the same id.
 */
import type { Broadcast } from "#kernel/broadcast";
import { sleep, type Clock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { Log } from "#kernel/log";
import type { Claimed, ClaimTerms, LedgerRow, LedgerStore, Settlement } from "#ports/ledger";
import { createAlarm } from "./alarm.ts";
import { nextStep } from "./retry_schedule.ts";
import type { Answer } from "./senders/sender.ts";
import { createSlots } from "./slots.ts";

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
  /** Told of every attempt that failed, before it is settled. When it rejects, the row is sent again once its lease is over. */
  failed(claimed: Claimed, failure: { isDead: boolean; answer: string }): Promise<void>;
  /** Told of every attempt that was settled. */
  settled(row: LedgerRow, claimed: Claimed): void;
}

// Longer than any attempt may take, so that nobody else claims what is still being sent.
const leaseMs = 60_000;

const settleAgainMs = 500;

// How much of the slots one claim may fill.
const shareOfBatch = 1 / 4;

export function createDeliverer(options: DelivererOptions): Deliverer {
  const { ledger, clock, log, concurrency } = options;
  const slots = createSlots(concurrency);
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();

  const start = (claimed: Claimed) => {
    const { tenantId, id } = claimed.row;
    slots.take(tenantId);
    const work = attemptAndSettle(options, claimed, stopping.signal)
      .catch((error) => log.error("a notification could not be settled: it will be sent again", { notification: id, reason: messageOf(error) }))
      .finally(() => {
        running.delete(work);
        slots.give(tenantId);
        alarm.ring();
      });
    running.add(work);
    options.changes.send(claimed.row);
  };

  const reserve = (wanted: number, exceptTenants: string[]): Reservation => {
    const nowMs = clock.now();
    const limit = stopping.signal.aborted ? 0 : slots.reserve(wanted);
    return {
      terms: { nowMs, leaseUntilMs: nowMs + leaseMs, limit, exceptTenants },
      deliver(claimed) {
        slots.release(limit);
        claimed.forEach(start);
      },
    };
  };

  /** Claims until nothing is due or no slot is free; gives when to look again. */
  const pump = async (): Promise<number | undefined> => {
    for (let claimed = 1, limit = 1; claimed === limit && limit > 0; ) {
      const reservation = reserve(Math.ceil(concurrency * shareOfBatch), slots.full());
      limit = reservation.terms.limit;
      const rows = limit === 0 ? [] : await ledger.claim(reservation.terms).catch((error) => (reservation.deliver([]), Promise.reject(error as Error)));
      reservation.deliver(rows);
      claimed = rows.length;
    }
    // With every slot taken there is nothing to wait for: the next one to end rings.
    return slots.free() === 0 ? undefined : ledger.nextDueAtMs(slots.full());
  };
  const alarm = createAlarm(pump, clock, log);

  return {
    reserve: (tenantId, wanted) => reserve(Math.min(wanted, slots.leftOf(tenantId)), []),
    wake: () => alarm.ring(),
    async stop() {
      stopping.abort();
      await alarm.stop();
      await Promise.all(running);
    },
  };
}

async function attemptAndSettle(options: DelivererOptions, claimed: Claimed, stopping: AbortSignal): Promise<void> {
  const { ledger, changes, clock } = options;
  const atMs = clock.now();
  const begun = clock.monotonic();
  failpoint("before_send");
  const answer = await options.attempt(claimed);
  failpoint("after_send_before_mark");
  const durationMs = Math.round((clock.monotonic() - begun) * 100) / 100;
  const nowMs = clock.now();
  const next = nextStep(claimed.row, answer, nowMs);
  const settlement: Settlement = {
    state: next.state,
    reason: next.reason,
    nextAttemptAtMs: next.state === "waiting" ? next.nextAttemptAtMs : 0,
    sentAtMs: next.state === "sent" ? nowMs : 0,
    lastError: answer.ok ? "" : answer.text,
    attempt: { atMs, durationMs, ok: answer.ok, answer: answer.text },
    reached: ("reached" in answer && answer.reached) || claimed.row.reached,
    nowMs,
  };
  const settle = async () => {
    if (!answer.ok) await options.failed(claimed, { isDead: next.state === "dead", answer: answer.text });
    return ledger.settle(claimed.row, settlement);
  };
  const settled = await whenStoreAnswers(settle, { clock, stopping, untilMs: begun + leaseMs });
  failpoint("after_mark");
  if (settled === undefined) return;
  changes.send(settled);
  options.settled(settled, claimed);
}

/** A store that is away for a moment must not have the message go again, and only once its lease is over. */
async function whenStoreAnswers<T>(work: () => Promise<T>, { clock, stopping, untilMs }: { clock: Clock; stopping: AbortSignal; untilMs: number }): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isAway = error instanceof AppError && error.code === "unavailable";
      if (!isAway || stopping.aborted || clock.monotonic() >= untilMs) throw error;
      await sleep(clock, settleAgainMs, stopping).catch(() => {});
    }
  }
}
