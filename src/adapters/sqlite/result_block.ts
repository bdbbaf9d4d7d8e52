/**
 * Results of one check as columns of whole numbers. Open, they grow in memory beside the log, so that a chart or a page
 * of history never scans the log; sealed, each column is stored as differences and compressed: about 14 bytes a result.
 */
export const columnNames = ["sequence", "slot", "lag", "flags", "latency", "dns", "connect", "tls", "firstByte", "transfer", "code", "bodyBytes", "attempts"] as const;
export type Column = (typeof columnNames)[number];
export type Row = Record<Column, number>;

/** Stands for "did not happen" in a column of durations. */
export const absent = -1;

const wide: Column[] = ["sequence", "slot"];
const narrow = columnNames.filter((name) => !wide.includes(name));
const sealedVersion = 1;

/** Rows of one check in the order of the log, in typed arrays: 60 bytes a result. */
export class OpenBlock {
  rows = 0;
  #wide = new Float64Array(4 * wide.length);
  #narrow = new Int32Array(4 * narrow.length);

  push(row: Row): void {
    if ((this.rows + 1) * narrow.length > this.#narrow.length) this.#grow();
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
    cells[at] = row.attempts;
    this.rows++;
  }

  row(i: number): Row {
    const row = { sequence: this.#wide[i * 2]!, slot: this.#wide[i * 2 + 1]! } as Row;
    for (let c = 0; c < narrow.length; c++) row[narrow[c]!] = this.#narrow[i * narrow.length + c]!;
    return row;
  }

  /** How many of the first rows lie at or before `sequence`. */
  countThrough(sequence: number): number {
    let count = 0;
    while (count < this.rows && this.#wide[count * 2]! <= sequence) count++;
    return count;
  }

  /** Earliest and latest slot of the first `count` rows. */
  slotEdges(count: number): [number, number] {
    let first = Number.POSITIVE_INFINITY;
    let last = 0;
    for (let i = 0; i < count; i++) {
      const slot = this.#wide[i * 2 + 1]!;
      first = Math.min(first, slot);
      last = Math.max(last, slot);
    }
    return [first, last];
  }

  /** Takes out the first `count` rows. */
  drop(count: number): void {
    this.#wide = this.#wide.slice(count * 2, Math.max(count + 4, this.rows) * 2);
    this.#narrow = this.#narrow.slice(count * narrow.length, Math.max(count + 4, this.rows) * narrow.length);
    this.rows -= count;
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

/** The first `count` rows of a block, compressed. */
export function sealRows(block: OpenBlock, count: number): Uint8Array {
  const out = new VarintWriter();
  out.number(sealedVersion);
  out.number(count);
  const rows = Array.from({ length: count }, (_, i) => block.row(i));
  for (const column of columnNames) {
    let before = 0;
    let step = 0;
    for (const row of rows) {
      // Sequences and slots go up by nearly the same amount each time, so their second difference is what is small.
      const difference = row[column] - before;
      const stored = column === "slot" || column === "sequence" ? difference - step : difference;
      step = difference;
      before = row[column];
      out.signed(stored);
    }
  }
  return Bun.zstdCompressSync(out.bytes(), { level: 3 });
}

export function openSealed(data: Uint8Array): Row[] {
  const input = new VarintReader(Bun.zstdDecompressSync(data));
  const version = input.number();
  if (version !== sealedVersion) throw new Error(`a sealed block of version ${version} cannot be read: this executable knows version ${sealedVersion}`);
  const count = input.number();
  const rows = Array.from({ length: count }, () => ({}) as Row);
  for (const column of columnNames) {
    let value = 0;
    let step = 0;
    for (const row of rows) {
      const stored = input.signed();
      step = column === "slot" || column === "sequence" ? stored + step : stored;
      value += step;
      row[column] = value;
    }
  }
  return rows;
}

/** LEB128; numbers up to 2^53. */
class VarintWriter {
  #buffer = new Uint8Array(1024);
  #length = 0;

  number(value: number): void {
    if (this.#length + 10 > this.#buffer.length) {
      const larger = new Uint8Array(this.#buffer.length * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    let rest = value;
    while (rest >= 128) {
      this.#buffer[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#buffer[this.#length++] = rest;
  }

  signed(value: number): void {
    this.number(value < 0 ? -value * 2 - 1 : value * 2);
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#length);
  }
}

class VarintReader {
  #at = 0;
  constructor(private readonly buffer: Uint8Array) {}

  number(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.buffer[this.#at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  signed(): number {
    const value = this.number();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }
}
