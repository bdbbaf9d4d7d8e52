/** Whole numbers up to 2^53 in as few bytes as they need (LEB128), negative ones folded in between the positive ones. */
export class VarintWriter {
  #buffer: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(bytes = 1_024) {
    this.#buffer = new Uint8Array(bytes);
  }

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

  /** What was written, good until the next write. */
  bytes(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }
}

export class VarintReader {
  /** Of the next byte. */
  at = 0;
  constructor(private readonly buffer: Uint8Array) {}

  number(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.buffer[this.at++];
      if (byte === undefined) throw new Error(`packed numbers end in their middle: ${this.buffer.length} bytes`);
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
