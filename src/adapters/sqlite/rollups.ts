/**
 * Counts and latencies of each check by minute, hour and day. They follow from the log: a result is counted when its log is
 * sealed, in the same transaction, and until then folded in whenever somebody asks. So a result costs nothing here when it comes,
 * and an open hour of a hundred thousand checks takes no memory.
 *
 * Minutes are stored only of blocks of checks that run more than once a minute; of the others a minute is no more than the result
 * itself, and is made from it.
 */
import { fold, storesMinutes, tierMs, wholeBuckets, type Bucket, type RollupRange } from "#ports/result_buckets";
import type { Row } from "#ports/result_row";
import type { RollupTier } from "#ports/results";
import { bucketOf, histogramColumn, minColumn, type RollupRow, tierCodes } from "#ports/rows/rollups";
import type { Reader, Transaction } from "./connection.ts";
import type { SlotEdges } from "./result_block.ts";

/** Adds rows of one check, in the order of the log, to what is stored; tells of each bucket that it writes. */
export function storeRollups(tx: Transaction, checkNo: number, rows: readonly Row[], changed: (tier: RollupTier, bucketMs: number) => void): void {
  for (const tier of storesMinutes(rows) ? (["minute", "hour", "day"] as const) : (["hour", "day"] as const)) {
    for (const bucket of fold(rows, tier, (bucketMs) => storedBucket(tx, checkNo, tier, bucketMs))) {
      write(tx, checkNo, tier, bucket);
      changed(tier, bucket.bucketMs);
    }
  }
}

const removedAtOnce = 100;

/** Removes some buckets of a tier from before a time; false when there was nothing to remove. */
export function removeSomeRollupsBefore(tx: Transaction, tier: RollupTier, beforeMs: number): boolean {
  const oldest = tx.get<{ bucket: number }>("SELECT bucket FROM rollups WHERE tier = ? AND bucket < ? ORDER BY bucket LIMIT 1", [tierCodes[tier], beforeMs]);
  if (!oldest) return false;
  const key = [tierCodes[tier], oldest.bucket];
  const next = tx.get<{ check_no: number }>("SELECT check_no FROM rollups WHERE tier = ? AND bucket = ? ORDER BY check_no LIMIT 1 OFFSET ?", [...key, removedAtOnce]);
  tx.run("DELETE FROM rollups WHERE tier = ? AND bucket = ? AND check_no < ?", [...key, next?.check_no ?? Number.MAX_SAFE_INTEGER]);
  return true;
}

/** What is stored of a check in a range, without what is not sealed yet. */
export function readStored(reader: Reader, checkNo: number, range: RollupRange): Map<number, Bucket> {
  const { fromMs, beforeMs } = wholeBuckets(range);
  const ms = tierMs[range.tier];
  const asked = Array.from({ length: Math.max(0, (beforeMs - fromMs) / ms) }, (_, i) => fromMs + i * ms);
  const rows = reader.all<RollupRow>(
    "SELECT * FROM rollups WHERE tier = ? AND check_no = ? AND bucket IN (SELECT value FROM json_each(?))",
    [tierCodes[range.tier], checkNo, JSON.stringify(asked)],
  );
  return new Map(rows.map((row) => [row.bucket, bucketOf(row)]));
}

/** The stored minutes that lie where sealed blocks have some. */
export function readStoredMinutes(reader: Reader, checkNo: number, { range, minutesAt }: { range: RollupRange; minutesAt: SlotEdges[] }): Map<number, Bucket> {
  const found = new Map<number, Bucket>();
  for (const { firstMs, lastMs } of minutesAt) {
    const part = { tier: range.tier, fromMs: Math.max(range.fromMs, firstMs), toMs: Math.min(range.toMs, lastMs + 1) };
    for (const [bucketMs, bucket] of readStored(reader, checkNo, part)) found.set(bucketMs, bucket);
  }
  return found;
}

function storedBucket(reader: Reader, checkNo: number, tier: RollupTier, bucketMs: number): Bucket | undefined {
  const row = reader.get<RollupRow>("SELECT * FROM rollups WHERE tier = ? AND bucket = ? AND check_no = ?", [tierCodes[tier], bucketMs, checkNo]);
  return row && bucketOf(row);
}

function write(tx: Transaction, checkNo: number, tier: RollupTier, bucket: Bucket): void {
  tx.run("INSERT OR REPLACE INTO rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [
    tierCodes[tier],
    bucket.bucketMs,
    checkNo,
    bucket.through,
    ...bucket.counts,
    bucket.sum,
    minColumn(bucket),
    bucket.max,
    histogramColumn(bucket),
  ]);
}
