/** Sums up rows so that two sets of them are alike exactly when their sums are, in whatever order they are read. */
import { createHash } from "node:crypto";

type Cell = string | number | boolean | null | Uint8Array;

const lanes = 8;

/** The sum of the SHA-256 of every row, each 32 bits of it for themselves. */
export class RowDigest {
  readonly #sum = new Uint32Array(lanes);
  readonly #one = new Uint32Array(lanes);
  readonly #bytes = new Uint8Array(this.#one.buffer);

  /** From the text of another one. */
  constructor(text = "") {
    if (text !== "") this.#sum.set(new Uint32Array(Uint8Array.from(Buffer.from(text, "hex")).buffer));
  }

  add(row: readonly Cell[]): void {
    Bun.SHA256.hash(textOf(row), this.#bytes);
    for (let i = 0; i < lanes; i++) this.#sum[i]! += this.#one[i]!;
  }

  get text(): string {
    return Buffer.from(this.#sum.buffer).toString("hex");
  }
}

/** Of anything that JSON can say. */
export function sha256Of(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}

function textOf(row: readonly Cell[]): string {
  return JSON.stringify(row.some((cell) => cell instanceof Uint8Array) ? row.map((cell) => (cell instanceof Uint8Array ? { hex: Buffer.from(cell).toString("hex") } : cell)) : row);
}
