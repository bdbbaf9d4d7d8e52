/** Chance that can be repeated: the same seed gives the same faults. */

export interface Random {
  /** 0..1 */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  /** Waiting time until the next of events that come at random, `meanMs` apart. */
  wait(meanMs: number): number;
}

/** Mulberry32: small, and good enough to choose instants. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    wait: (meanMs) => -Math.log(1 - next()) * meanMs,
  };
}

/** A seed of one's own by `UPTIMEPING_FAULTS_SEED`, to repeat a run that failed. */
export function chosenSeed(): number {
  return Number(process.env["UPTIMEPING_FAULTS_SEED"] ?? Date.now() % 1_000_000);
}

/** `UPTIMEPING_FAULTS=long` asks for the long form of every fault test. */
export const isLong = process.env["UPTIMEPING_FAULTS"] === "long";
