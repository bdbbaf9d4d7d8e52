/**
 * The partitions of the results, one for each day (UTC) that a slot lies in. Made before they are needed, so that an append hardly
 * ever has to; dropped whole when their retention is over, which deletes a day of results in an instant.
 */
import type { PostgresStore, Reader, Transaction } from "./connection.ts";

export const dayMs = 86_400_000;

export interface ResultDays {
  open(): Promise<void>;
  /** The partitions for these slots are there. */
  ensure(slotsMs: Iterable<number>): Promise<void>;
  /** Drops the oldest day if all of it lies before a time and nobody needs it any more: `isNeeded` is asked for its newest sequence. */
  dropOldest(beforeMs: number, isNeeded: (newestSequence: number) => boolean): Promise<boolean>;
}

export function createResultDays(store: PostgresStore): ResultDays {
  const known = new Set<number>();

  return {
    async open() {
      for (const day of await daysThere(store)) known.add(day);
    },
    async ensure(slotsMs) {
      const missing = new Set<number>();
      for (const slotMs of slotsMs) {
        const day = Math.floor(slotMs / dayMs);
        if (!known.has(day)) missing.add(day);
      }
      for (const day of missing) {
        await store.write((tx) => makeDay(tx, day));
        known.add(day);
      }
    },
    async dropOldest(beforeMs, isNeeded) {
      const oldest = Math.min(...known);
      if (known.size === 0 || (oldest + 1) * dayMs > beforeMs) return false;
      const newest = await store.get<{ sequence: number | null }>(`SELECT max(sequence) AS sequence FROM ${nameOf(oldest)}`);
      if (isNeeded(newest?.sequence ?? 0)) return false;
      // First: an append that comes meanwhile makes the day anew.
      known.delete(oldest);
      try {
        await store.write((tx) => tx.run(`DROP TABLE IF EXISTS ${nameOf(oldest)}`));
      } catch (error) {
        // Somebody reads for long: another time.
        known.add(oldest);
        throw error;
      }
      return true;
    },
  };
}

/** Attached and not made in place: that would lock out everybody who reads results. */
async function makeDay(tx: Transaction, day: number): Promise<void> {
  // Made by an attempt whose answer was lost.
  if ((await daysThere(tx)).includes(day)) return;
  await tx.run(`CREATE TABLE ${nameOf(day)} (LIKE results INCLUDING ALL)`);
  await tx.run(`ALTER TABLE results ATTACH PARTITION ${nameOf(day)} FOR VALUES FROM (${day * dayMs}) TO (${(day + 1) * dayMs})`);
}

async function daysThere(reader: Reader): Promise<number[]> {
  const rows = await reader.all<{ name: string }>("SELECT relname::text AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'results'::regclass");
  return rows.map(({ name }) => Number(name.slice(prefix.length)));
}

const prefix = "results_of_day_";

/** Days since 1970: a calendar date ends with the year 275760, and slots do not. */
function nameOf(day: number): string {
  return `${prefix}${day}`;
}
