/**
 * How many checks report at all, estimated. Every result passes here, thousands a second, so a check is one bit of a table and not an
 * entry of a set: with n of m bits clear, m·ln(m/n) checks have left their mark (Whang et al., linear counting), within a few per cent
 * up to a million checks. Two tables take turns, so that the estimate covers the last two to four minutes.
 */

const bits = 2 ** 19;
const spanMs = 120_000;

/** A check that reported within this time may still be counted. */
export const reportsCountForMs = 2 * spanMs;

export interface Reporting {
  saw(checkId: string, atMs: number): void;
  estimate(): number;
}

export function createReporting(): Reporting {
  let current = new Uint32Array(bits / 32);
  let previous = new Uint32Array(bits / 32);
  let since = 0;
  return {
    saw(checkId, atMs) {
      const age = atMs - since;
      // A clock that was set back begins a span as well.
      if (age >= spanMs || age < -spanMs) {
        [previous, current] = [current, previous];
        current.fill(0);
        since = atMs;
      }
      const at = placeOf(checkId);
      current[at >>> 5]! |= 1 << (at & 31);
    },
    estimate() {
      let set = 0;
      for (let i = 0; i < current.length; i++) set += countBits(current[i]! | previous[i]!);
      return set >= bits ? Infinity : Math.round(bits * Math.log(bits / (bits - set)));
    },
  };
}

/** The end of an id is its random part. */
function placeOf(checkId: string): number {
  const { length } = checkId;
  let hash = 0;
  for (let i = length > 8 ? length - 8 : 0; i < length; i++) hash = Math.imul(hash ^ checkId.charCodeAt(i), 0x01_00_01_93);
  return (hash ^ (hash >>> 13)) & (bits - 1);
}

function countBits(word: number): number {
  if (word === 0) return 0;
  let value = word - ((word >>> 1) & 0x55_55_55_55);
  value = (value & 0x33_33_33_33) + ((value >>> 2) & 0x33_33_33_33);
  return Math.imul((value + (value >>> 4)) & 0x0f_0f_0f_0f, 0x01_01_01_01) >>> 24;
}
