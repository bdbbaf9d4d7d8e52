/** Missed slots are kept as ranges; for a chart they are counted bucket by bucket. */
import type { MissedSlots } from "./results.ts";

export interface SlotRange {
  fromMs: number;
  beforeMs: number;
}

/** Slots lie evenly between the ends of their range. Tells how many lie in each bucket within `range`, which is in whole buckets. */
export function spreadMissed(gap: MissedSlots, stepMs: number, { fromMs, beforeMs }: SlotRange, add: (bucketMs: number, count: number) => void): void {
  const { firstSlotMs, lastSlotMs, count } = gap;
  const apartMs = count > 1 ? (lastSlotMs - firstSlotMs) / (count - 1) : 0;
  /** How many lie before a time. */
  const before = (ms: number) => (ms <= firstSlotMs ? 0 : ms > lastSlotMs ? count : Math.ceil((ms - firstSlotMs) / apartMs));
  const firstBucketMs = Math.floor(Math.max(fromMs, firstSlotMs) / stepMs) * stepMs;
  for (let bucketMs = firstBucketMs; bucketMs < beforeMs && bucketMs <= lastSlotMs; bucketMs += stepMs) {
    const within = before(bucketMs + stepMs) - before(bucketMs);
    if (within > 0) add(bucketMs, within);
  }
}
