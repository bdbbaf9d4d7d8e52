/** The newest results of one check, as far as a list shows them: a ring in typed arrays, since there is one for each of 100,000 checks. */
import { resultStatuses, type ResultStatus } from "#ports/results";

export const stripLength = 60;

export interface StripEntry {
  slotMs: number;
  status: ResultStatus;
  latencyMs: number;
}

/** A check that runs once a minute needs an hour to fill its strip. */
const firstCapacity = 8;

export class Strip {
  length = 0;
  #first = 0;
  #slots = new Float64Array(firstCapacity);
  #latencies = new Float32Array(firstCapacity);
  #statuses = new Uint8Array(firstCapacity);

  /** Drops the oldest one when it is full. */
  push({ slotMs, status, latencyMs }: StripEntry): void {
    if (this.length === this.#slots.length && this.length < stripLength) this.#grow();
    if (this.length === stripLength) this.#first = (this.#first + 1) % stripLength;
    else this.length++;
    const place = (this.#first + this.length - 1) % this.#slots.length;
    this.#slots[place] = slotMs;
    this.#latencies[place] = latencyMs;
    this.#statuses[place] = resultStatuses.indexOf(status);
  }

  get newestLatencyMs(): number {
    return this.#latencies[(this.#first + this.length - 1) % this.#slots.length]!;
  }

  /** Oldest first. */
  entries(): StripEntry[] {
    return Array.from({ length: this.length }, (_, i) => {
      const place = (this.#first + i) % this.#slots.length;
      return { slotMs: this.#slots[place]!, status: resultStatuses[this.#statuses[place]!]!, latencyMs: this.#latencies[place]! };
    });
  }

  hasSlot(slotMs: number): boolean {
    return this.#slots.indexOf(slotMs) >= 0;
  }

  // The ring has not turned before it is full, so what is in it lies in order from the start.
  #grow(): void {
    const capacity = Math.min(stripLength, this.#slots.length * 2);
    this.#slots = grown(this.#slots, new Float64Array(capacity));
    this.#latencies = grown(this.#latencies, new Float32Array(capacity));
    this.#statuses = grown(this.#statuses, new Uint8Array(capacity));
  }
}

function grown<T extends Float64Array | Float32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
