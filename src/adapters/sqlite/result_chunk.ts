/** What one commit adds to the log of results: rows of many checks with consecutive sequences, column by column, compressed. */
import type { LoggedRow } from "#ports/result_row";
import { columnNames, type Column } from "./result_block.ts";
import { VarintReader, VarintWriter } from "./varint.ts";

const packed = ["checkNo", ...columnNames.filter((name) => name !== "sequence")] as (Exclude<Column, "sequence"> | "checkNo")[];
/** Fewer rows are not worth a compressor's set-up. */
const rowsToCompress = 16;
const plain = 0;
const compressed = 1;

const writer = new VarintWriter(65_536);

export function encodeChunk(rows: readonly LoggedRow[]): Uint8Array {
  writer.clear();
  for (const column of packed) {
    let before = 0;
    for (const row of rows) {
      const value = row[column];
      writer.signed(value - before);
      before = value;
    }
  }
  const isCompressed = rows.length >= rowsToCompress;
  const body = isCompressed ? Bun.zstdCompressSync(writer.bytes(), { level: 1 }) : writer.bytes();
  const chunk = new Uint8Array(1 + body.length);
  chunk[0] = isCompressed ? compressed : plain;
  chunk.set(body, 1);
  return chunk;
}

export function decodeChunk(chunk: Uint8Array, count: number, lastSequence: number): LoggedRow[] {
  if (chunk[0] !== plain && chunk[0] !== compressed) throw new Error(`a chunk of results in form ${chunk[0]} cannot be read: this executable knows forms ${plain} and ${compressed}`);
  const body = chunk.subarray(1);
  const input = new VarintReader(chunk[0] === compressed ? Bun.zstdDecompressSync(body as Uint8Array<ArrayBuffer>) : body);
  const rows = Array.from({ length: count }, (_, i) => ({ sequence: lastSequence - count + 1 + i }) as LoggedRow);
  for (const column of packed) {
    let value = 0;
    for (const row of rows) {
      value += input.signed();
      row[column] = value;
    }
  }
  return rows;
}
