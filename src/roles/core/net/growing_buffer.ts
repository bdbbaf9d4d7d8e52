/** Bytes that arrive at one end and are taken off at the other, in time linear in their number however small the pieces. */
export class GrowingBuffer {
  #storage: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** What is there now, not copied; stays as it is when more arrives. */
  get bytes(): Buffer {
    return this.#storage.subarray(this.#start, this.#end);
  }

  append(piece: Uint8Array): void {
    if (piece.length > this.#storage.length - this.#end) {
      const roomy = Buffer.allocUnsafe(Math.max(1_024, (this.length + piece.length) * 2));
      this.#storage.copy(roomy, 0, this.#start, this.#end);
      this.#end = this.length;
      this.#start = 0;
      this.#storage = roomy;
    }
    this.#storage.set(piece, this.#end);
    this.#end += piece.length;
  }

  /** Takes `count` bytes off the front. */
  drop(count: number): void {
    this.#start += Math.min(count, this.length);
  }
}
