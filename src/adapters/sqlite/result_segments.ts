/** Sealed results: what one log held is a segment, with one compressed block for each check in it. */
import type { SlotRange } from "#ports/missed_slots";
import type { Reader, Transaction } from "./connection.ts";
import { openSealed, type SealedBlock, type SlotEdges } from "./result_block.ts";

export interface Segment {
  segment: number;
  first_slot: number;
  last_slot: number;
}

export interface WantedBlocks extends SlotRange {
  /** Only blocks that may hold one of these. */
  slots?: number[] | undefined;
  /** Asked before each segment: whether nothing is wanted that lies at or before this time, the latest of all segments to come. */
  isEnough?: (lastMs: number) => boolean;
}

export interface Segments {
  begin(tx: Transaction): Segment;
  add(tx: Transaction, segment: Segment, checkNo: number, sealed: { slots: SlotEdges; data: Uint8Array }): void;
  /** Writes down which slots a segment reaches over by now. */
  save(tx: Transaction, segment: Segment): void;
  /** What was saved of a segment is on disk: it is read from now on. */
  opened(segment: Segment): void;
  /** Blocks of a check that reach into a range, those of segments with the latest slots first. */
  latestFirst(checkNo: number, wanted: WantedBlocks): Iterable<SealedBlock>;
  /** Removes a few blocks of segments that lie wholly before a time; false when there was nothing to remove. */
  removeSomeBefore(tx: Transaction, beforeMs: number): boolean;
}

// check_no stays below this, so that a key fits into 53 bits.
export const keyBase = 2 ** 21;
const removedAtOnce = 100;

export function createSegments(reader: Reader): Segments {
  // In the order of their latest slots.
  let segments = reader.all<Segment>("SELECT * FROM result_segments ORDER BY last_slot, segment");
  let newest = segments.reduce((most, { segment }) => Math.max(most, segment), 0);

  return {
    begin(tx) {
      const segment: Segment = { segment: ++newest, first_slot: Number.MAX_SAFE_INTEGER, last_slot: 0 };
      tx.run("INSERT INTO result_segments (segment, first_slot, last_slot) VALUES (?, ?, ?)", [segment.segment, segment.first_slot, segment.last_slot]);
      return segment;
    },
    add(tx, segment, checkNo, { slots, data }) {
      tx.run("INSERT INTO result_blocks (key, data) VALUES (?, ?)", [segment.segment * keyBase + checkNo, data]);
      segment.first_slot = Math.min(segment.first_slot, slots.firstMs);
      segment.last_slot = Math.max(segment.last_slot, slots.lastMs);
    },
    save(tx, { segment, first_slot, last_slot }) {
      tx.run("UPDATE result_segments SET first_slot = ?, last_slot = ? WHERE segment = ?", [first_slot, last_slot, segment]);
    },
    opened(segment) {
      if (!segments.includes(segment)) segments.push(segment);
      segments.sort((a, b) => a.last_slot - b.last_slot || a.segment - b.segment);
    },
    *latestFirst(checkNo, { fromMs, beforeMs, slots, isEnough }) {
      const reaches = ({ firstMs, lastMs }: SlotEdges) => firstMs < beforeMs && lastMs >= fromMs && slots?.some((slot) => slot >= firstMs && slot <= lastMs) !== false;
      for (let i = segments.length - 1; i >= 0 && segments[i]!.last_slot >= fromMs; i--) {
        const { segment, first_slot: firstMs, last_slot: lastMs } = segments[i]!;
        if (isEnough?.(lastMs)) return;
        if (!reaches({ firstMs, lastMs })) continue;
        const stored = reader.get<{ data: Uint8Array }>("SELECT data FROM result_blocks WHERE key = ?", [segment * keyBase + checkNo]);
        const block = stored && openSealed(stored.data);
        if (block && reaches(block.slots)) yield block;
      }
    },
    removeSomeBefore(tx, beforeMs) {
      const oldest = segments[0];
      if (!oldest || oldest.last_slot >= beforeMs) return false;
      const firstKey = oldest.segment * keyBase;
      const range = [firstKey, firstKey + keyBase];
      const next = tx.get<{ key: number }>("SELECT key FROM result_blocks WHERE key >= ? AND key < ? ORDER BY key LIMIT 1 OFFSET ?", [...range, removedAtOnce]);
      tx.run("DELETE FROM result_blocks WHERE key >= ? AND key < ?", [firstKey, next?.key ?? firstKey + keyBase]);
      if (next) return true;
      tx.run("DELETE FROM result_segments WHERE segment = ?", [oldest.segment]);
      // Should this not reach the disk, its row is there again at the next start, and goes then.
      segments = segments.slice(1);
      return true;
    },
  };
}
