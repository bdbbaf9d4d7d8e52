/** Counts and latencies of series by minute, hour and day, as they are stored. */
import { tierMs, wholeBuckets, type Bucket, type RollupRange } from "#ports/result_buckets";
import type { RollupTier } from "#ports/results";
import { bucketOf, histogramColumn, minColumn, type RollupRow, tierCodes } from "#ports/rows/rollups";
import type { Reader, Transaction } from "./connection.ts";

/** Where a bucket is kept. */
export interface BucketKey {
  tier: RollupTier;
  checkNo: number;
  bucketMs: number;
}

export interface KeyedBucket extends BucketKey {
  bucket: Bucket;
}

type KeyedRow = RollupRow & { tier: number; check_no: number };

const columns = "rollups.tier, rollups.check_no, rollups.bucket, through, up, degraded, down, unknown, latency_sum, latency_min, latency_max, histogram";
/** More places than this are not looked up one by one. */
const mostLookups = 20_000;

/** What is stored of a series in a range, by the beginnings of the buckets. */
export async function readStored(reader: Reader, checkNo: number, range: RollupRange): Promise<Map<number, Bucket>> {
  const { fromMs, beforeMs } = wholeBuckets(range);
  const ms = tierMs[range.tier];
  const many = Math.max(0, (beforeMs - fromMs) / ms);
  // The key has the bucket before the series: a range of buckets would be read with all series in it.
  const isFew = many <= mostLookups;
  const where = isFew ? "bucket = ANY($3::bigint[])" : "bucket >= $3 AND bucket < $4";
  const asked = isFew ? [`{${Array.from({ length: many }, (_, i) => fromMs + i * ms).join(",")}}`] : [fromMs, beforeMs];
  const rows = await reader.all<RollupRow>(`SELECT ${columns} FROM rollups WHERE tier = $1 AND check_no = $2 AND ${where}`, [tierCodes[range.tier], checkNo, ...asked]);
  return new Map(rows.map((row) => [row.bucket, bucketOf(row)]));
}

export async function readBuckets(tx: Transaction, keys: readonly BucketKey[]): Promise<Map<string, Bucket>> {
  const rows = await tx.all<KeyedRow>(
    `SELECT ${columns} FROM unnest($1::smallint[], $2::bigint[], $3::integer[]) AS asked (tier, bucket, check_no)
     JOIN rollups ON rollups.tier = asked.tier AND rollups.bucket = asked.bucket AND rollups.check_no = asked.check_no`,
    [keys.map(({ tier }) => tierCodes[tier]), keys.map(({ bucketMs }) => bucketMs), keys.map(({ checkNo }) => checkNo)],
  );
  return new Map(rows.map((row) => [`${row.tier} ${row.bucket} ${row.check_no}`, bucketOf(row)]));
}

export function keyOf({ tier, bucketMs, checkNo }: BucketKey): string {
  return `${tierCodes[tier]} ${bucketMs} ${checkNo}`;
}

/** Sets or replaces. */
export async function writeBuckets(tx: Transaction, changed: readonly KeyedBucket[]): Promise<void> {
  if (changed.length === 0) return;
  const column = (of: (one: KeyedBucket) => number) => `{${changed.map(of).join(",")}}`;
  await tx.run(
    `INSERT INTO rollups (tier, bucket, check_no, through, up, degraded, down, unknown, latency_sum, latency_min, latency_max, histogram)
     SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::integer[], $4::bigint[], $5::integer[], $6::integer[], $7::integer[], $8::integer[],
       $9::double precision[], $10::double precision[], $11::double precision[], $12::bytea[])
     ON CONFLICT (tier, bucket, check_no) DO UPDATE SET through = excluded.through, up = excluded.up, degraded = excluded.degraded, down = excluded.down,
       unknown = excluded.unknown, latency_sum = excluded.latency_sum, latency_min = excluded.latency_min, latency_max = excluded.latency_max, histogram = excluded.histogram`,
    [
      column(({ tier }) => tierCodes[tier]),
      column(({ bucketMs }) => bucketMs),
      column(({ checkNo }) => checkNo),
      column(({ bucket }) => bucket.through),
      ...[0, 1, 2, 3].map((status) => column(({ bucket }) => bucket.counts[status]!)),
      column(({ bucket }) => bucket.sum),
      column(({ bucket }) => minColumn(bucket)),
      column(({ bucket }) => bucket.max),
      changed.map(({ bucket }) => histogramColumn(bucket)),
    ],
  );
}
