/** Sealed results: what one log held is a segment, with one compressed block for each check in it. */
import type { Reader, Transaction } from "./connection.ts";
import { openSealed, type Row } from "./result_block.ts";

interface Segment {
  segment: number;
  first_slot: number;
  last_slot: number;
}

export interface Segments {
  /** Begins a segment; blocks are added to the one begun last. */
  begin(tx: Transaction, firstSlotMs: number, lastSlotMs: number): void;
  add(tx: Transaction, checkNo: number, data: Uint8Array): void;
  /** Rows of a check, newest block first, oldest row first within a block; only of segments that `holds` accepts by their slots. */
  newestFirst(checkNo: number, range: { fromMs: number; beforeMs: number }, holds?: (firstMs: number, lastMs: number) => boolean): Iterable<Row[]>;
  /** Removes the segments that lie wholly before a time. */
  removeBefore(tx: Transaction, beforeMs: number): void;
}

// check_no stays below this, so that a key fits into 53 bits.
const keyBase = 2 ** 21;

export function createSegments(reader: Reader): Segments {
  let segments = reader.all<Segment>("SELECT * FROM result_segments ORDER BY segment");
  return {
    begin(tx, firstSlotMs, lastSlotMs) {
      const segment = (segments.at(-1)?.segment ?? 0) + 1;
      tx.run("INSERT INTO result_segments (segment, first_slot, last_slot) VALUES (?, ?, ?)", [segment, firstSlotMs, lastSlotMs]);
      segments.push({ segment, first_slot: firstSlotMs, last_slot: lastSlotMs });
    },
    add(tx, checkNo, data) {
      tx.run("INSERT INTO result_blocks (key, data) VALUES (?, ?)", [segments.at(-1)!.segment * keyBase + checkNo, data]);
    },
    *newestFirst(checkNo, { fromMs, beforeMs }, holds) {
      for (const { segment, first_slot, last_slot } of segments.toReversed()) {
        if (first_slot >= beforeMs || last_slot < fromMs || holds?.(first_slot, last_slot) === false) continue;
        const block = reader.get<{ data: Uint8Array }>("SELECT data FROM result_blocks WHERE key = ?", [segment * keyBase + checkNo]);
        if (block) yield openSealed(block.data);
      }
    },
    removeBefore(tx, beforeMs) {
      for (const { segment } of segments.filter((one) => one.last_slot < beforeMs)) {
        tx.run("DELETE FROM result_blocks WHERE key >= ? AND key < ?", [segment * keyBase, (segment + 1) * keyBase]);
        tx.run("DELETE FROM result_segments WHERE segment = ?", [segment]);
      }
      segments = segments.filter((one) => one.last_slot >= beforeMs);
    },
  };
}
