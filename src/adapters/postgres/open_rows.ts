/** What is not counted yet of the results of one series, in the order of the log: 24 bytes a result. */
import type { CountedRow } from "#ports/result_row";

const width = 3;
/** Latency and status share a cell: a latency has 31 bits. */
const statuses = 4;

export class OpenRows {
  rows = 0;
  #cells = new Float64Array(2 * width);

  push({ sequence, slot, flags, latency }: CountedRow): void {
    if ((this.rows + 1) * width > this.#cells.length) this.#grow();
    const at = this.rows * width;
    this.#cells[at] = sequence;
    this.#cells[at + 1] = slot;
    this.#cells[at + 2] = latency * statuses + (flags % statuses);
    this.rows++;
  }

  /** As they are now: what comes and goes later does not show in it. */
  snapshot(): RowsSeen {
    return new RowsSeen(this.#cells, this.rows);
  }

  /** Takes out the first `count` rows. */
  drop(count: number): void {
    this.#cells = this.#cells.slice(count * width, Math.max(count + 2, this.rows) * width);
    this.rows -= count;
  }

  #grow(): void {
    const wider = new Float64Array(Math.max(2, this.rows * 2) * width);
    wider.set(this.#cells);
    this.#cells = wider;
  }
}

/** Cells of rows are written once, and dropping makes new ones, so that they can be shared. */
export class RowsSeen {
  constructor(
    readonly cells: Float64Array,
    readonly rows: number,
  ) {}

  sequenceOf(i: number): number {
    return this.cells[i * width]!;
  }

  slotOf(i: number): number {
    return this.cells[i * width + 1]!;
  }

  /** The status alone. */
  flagsOf(i: number): number {
    return this.cells[i * width + 2]! % statuses;
  }

  row(i: number): CountedRow {
    const flags = this.flagsOf(i);
    return { sequence: this.sequenceOf(i), slot: this.slotOf(i), flags, latency: (this.cells[i * width + 2]! - flags) / statuses };
  }

  through(sequence: number): CountedRow[] {
    const found: CountedRow[] = [];
    for (let i = 0; i < this.rows && this.sequenceOf(i) <= sequence; i++) found.push(this.row(i));
    return found;
  }
}
