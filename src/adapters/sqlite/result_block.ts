/**
 * Results of one check as columns of whole numbers. Open, they grow in memory beside the log, so that a chart or a page
 * of history never scans the log; sealed, each column is stored as differences and compressed: about 14 bytes a result.
 */
import type { CountedRow, Row } from "#ports/result_row";
import { VarintReader, VarintWriter } from "./varint.ts";

export type Column = keyof Row;
export const columnNames: readonly Column[] = ["sequence", "slot", "lag", "flags", "latency", "dns", "connect", "tls", "firstByte", "transfer", "code", "bodyBytes", "attempts", "probeLag"];

const wide: Column[] = ["sequence", "slot"];
const narrow = columnNames.filter((name) => !wide.includes(name));
const flagsAt = narrow.indexOf("flags");
/** What is counted are the first columns: no more is read of a row for a rollup. */
const lastCounted = columnNames.indexOf("latency");

/** Rows of one check in the order of the log, in typed arrays: 64 bytes a result. */
export class OpenBlock {
  rows = 0;
  /** Slots only go up, as they nearly always do: a run that takes long may end after one that was asked for later. */
  isInOrder = true;
  #newestSlot = 0;
  #wide = new Float64Array(4 * wide.length);
  #narrow = new Int32Array(4 * narrow.length);

  push(row: Row): void {
    if ((this.rows + 1) * narrow.length > this.#narrow.length) this.#grow();
    if (row.slot < this.#newestSlot) this.isInOrder = false;
    else this.#newestSlot = row.slot;
    this.#wide[this.rows * 2] = row.sequence;
    this.#wide[this.rows * 2 + 1] = row.slot;
    const cells = this.#narrow;
    let at = this.rows * narrow.length;
    cells[at++] = row.lag;
    cells[at++] = row.flags;
    cells[at++] = row.latency;
    cells[at++] = row.dns;
    cells[at++] = row.connect;
    cells[at++] = row.tls;
    cells[at++] = row.firstByte;
    cells[at++] = row.transfer;
    cells[at++] = row.code;
    cells[at++] = row.bodyBytes;
    cells[at++] = row.attempts;
    cells[at] = row.probeLag;
    this.rows++;
  }

  row(i: number): Row {
    const row = { sequence: this.#wide[i * 2]!, slot: this.#wide[i * 2 + 1]! } as Row;
    for (let c = 0; c < narrow.length; c++) row[narrow[c]!] = this.#narrow[i * narrow.length + c]!;
    return row;
  }

  sequenceOf(i: number): number {
    return this.#wide[i * 2]!;
  }

  slotOf(i: number): number {
    return this.#wide[i * 2 + 1]!;
  }

  flagsOf(i: number): number {
    return this.#narrow[i * narrow.length + flagsAt]!;
  }

  /** How many of the first rows lie at or before `sequence`. */
  countThrough(sequence: number): number {
    let count = 0;
    while (count < this.rows && this.sequenceOf(count) <= sequence) count++;
    return count;
  }

  /** Takes out the first `count` rows. */
  drop(count: number): void {
    this.#wide = this.#wide.slice(count * 2, Math.max(count + 4, this.rows) * 2);
    this.#narrow = this.#narrow.slice(count * narrow.length, Math.max(count + 4, this.rows) * narrow.length);
    this.rows -= count;
    if (this.rows > 0) return;
    this.isInOrder = true;
    this.#newestSlot = 0;
  }

  #grow(): void {
    const rows = Math.max(4, this.rows * 2);
    const wider = new Float64Array(rows * wide.length);
    wider.set(this.#wide);
    this.#wide = wider;
    const narrower = new Int32Array(rows * narrow.length);
    narrower.set(this.#narrow);
    this.#narrow = narrower;
  }
}

/** Earliest and latest slot of some rows. */
export interface SlotEdges {
  firstMs: number;
  lastMs: number;
}

/** Sealed rows of one check. */
export interface SealedBlock {
  /** Wide open in blocks of before version 3. */
  slots: SlotEdges;
  /** Its minutes are stored as rollups. */
  hasMinutes: boolean;
  count(): number;
  rows(): Row[];
  counted(): CountedRow[];
}

/**
 * Version 3: what is asked of a block before it is opened, then the compressed columns. Versions 1 and 2 are compressed as a whole,
 * so they begin with a compressor's mark; version 1 knows nothing of the lag of the probe.
 */
const sealedVersion = 3;
const zstdMark = 0x28;

export function sealRows(rows: readonly Row[], hasMinutes: boolean): { slots: SlotEdges; data: Uint8Array } {
  const slots = slotEdges(rows);
  const head = new VarintWriter(32);
  head.number(sealedVersion);
  head.number(hasMinutes ? 1 : 0);
  head.number(rows.length);
  head.number(slots.firstMs);
  head.number(slots.lastMs - slots.firstMs);
  const columns = new VarintWriter();
  for (const column of columnNames) {
    let before = 0;
    let step = 0;
    for (const row of rows) {
      // Sequences and slots go up by nearly the same amount each time, so their second difference is what is small.
      const difference = row[column] - before;
      const stored = column === "slot" || column === "sequence" ? difference - step : difference;
      step = difference;
      before = row[column];
      columns.signed(stored);
    }
  }
  const body = Bun.zstdCompressSync(columns.bytes(), { level: 3 });
  const data = new Uint8Array(head.bytes().length + body.length);
  data.set(head.bytes());
  data.set(body, head.bytes().length);
  return { slots, data };
}

function slotEdges(rows: readonly Row[]): SlotEdges {
  const slots = { firstMs: Number.MAX_SAFE_INTEGER, lastMs: 0 };
  for (const { slot } of rows) {
    slots.firstMs = Math.min(slots.firstMs, slot);
    slots.lastMs = Math.max(slots.lastMs, slot);
  }
  return slots;
}

export function openSealed(data: Uint8Array): SealedBlock {
  if (data[0] === zstdMark) return openOld(data);
  const head = new VarintReader(data);
  refuseNewer(head.number());
  const hasMinutes = head.number() === 1;
  const count = head.number();
  const firstMs = head.number();
  const lastMs = firstMs + head.number();
  const columns = () => new VarintReader(Bun.zstdDecompressSync(data.subarray(head.at) as Uint8Array<ArrayBuffer>));
  return {
    slots: { firstMs, lastMs },
    hasMinutes,
    count: () => count,
    rows: () => readColumns(columns(), count, columnNames.length),
    counted: () => readColumns(columns(), count, lastCounted + 1),
  };
}

function openOld(data: Uint8Array): SealedBlock {
  const read = () => {
    const input = new VarintReader(Bun.zstdDecompressSync(data as Uint8Array<ArrayBuffer>));
    const version = input.number();
    refuseNewer(version);
    return readColumns(input, input.number(), columnNames.length - (version < 2 ? 1 : 0));
  };
  return { slots: { firstMs: 0, lastMs: Number.MAX_SAFE_INTEGER }, hasMinutes: false, count: () => read().length, rows: read, counted: read };
}

function refuseNewer(version: number): void {
  if (version > sealedVersion) throw new Error(`a sealed block of version ${version} cannot be read: this executable knows versions up to ${sealedVersion}`);
}

function readColumns(input: VarintReader, count: number, columns: number): Row[] {
  const rows = Array.from({ length: count }, () => ({ probeLag: 0 }) as Row);
  for (let c = 0; c < columns; c++) {
    const column = columnNames[c]!;
    const isSteady = column === "slot" || column === "sequence";
    let value = 0;
    let step = 0;
    for (const row of rows) {
      const stored = input.signed();
      step = isSteady ? stored + step : stored;
      value += step;
      row[column] = value;
    }
  }
  return rows;
}
