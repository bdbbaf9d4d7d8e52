/**
 * Prefixed, sortable ids: `chk_01J9Z…`, a ULID behind a three-letter kind.
 * The time comes first, so ids sort as they were made and index pages fill in order.
 */
import { createHash, randomBytes } from "node:crypto";

export type IdPrefix = "chk" | "inc" | "chn" | "ntf" | "usr" | "ten" | "key" | "run" | "prt" | "ses" | "aud" | "evt" | "tpl" | "rte" | "msg" | "req" | "tml" | "mnt" | "cor" | "sil" | "stp" | "stn" | "stu" | "sub";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

export interface Ids {
  next(prefix: IdPrefix): string;
}

export function createIds(now: () => number): Ids {
  let lastMs = 0;
  let tail = new Uint8Array(randomBytes(10));
  return {
    next(prefix) {
      const ms = Math.max(now(), lastMs);
      // Within one millisecond the random part counts up, so that order of making is order of sorting.
      if (ms === lastMs) increment(tail);
      else tail = new Uint8Array(randomBytes(10));
      lastMs = ms;
      return `${prefix}_${encodeTime(ms)}${encodeTail(tail)}`;
    },
  };
}

/**
 * The identity of a run is its slot: the same (check, slot, location) gives the same id in every process,
 * so that a task delivered twice is recognised and a lost one can be computed again.
 */
export function runIdOf(checkId: string, slotMs: number, location: string): string {
  return runIdsOf(checkId, location)(slotMs);
}

/** The same for many slots: the slot is the time in the id, so check and location are hashed once. */
function runIdsOf(checkId: string, location: string): (slotMs: number) => string {
  const hash = createHash("sha256").update(`${checkId}\n${location}`).digest();
  const tail = encodeTail(hash.subarray(0, 10));
  return (slotMs) => `run_${encodeTime(slotMs)}${tail}`;
}

/** The time inside an id, epoch milliseconds; NaN when it is not one of ours. */
export function timeOfId(id: string): number {
  const time = id.slice(id.indexOf("_") + 1).slice(0, 10);
  let ms = 0;
  for (const char of time) {
    const digit = alphabet.indexOf(char);
    if (digit < 0) return Number.NaN;
    ms = ms * 32 + digit;
  }
  return time.length === 10 ? ms : Number.NaN;
}

export function isId(value: string, prefix: IdPrefix): boolean {
  return value.length === 30 && value.startsWith(`${prefix}_`) && /^[0-9A-HJKMNP-TV-Z]{26}$/.test(value.slice(4));
}

/** Ten letters, five bits each, in two halves that fit into 32 bits. */
function encodeTime(ms: number): string {
  return encodeFive(Math.floor(ms / 2 ** 25)) + encodeFive(Math.floor(ms) % 2 ** 25);
}

function encodeFive(value: number): string {
  return (
    alphabet[(value >>> 20) & 31]! + alphabet[(value >>> 15) & 31]! + alphabet[(value >>> 10) & 31]! + alphabet[(value >>> 5) & 31]! + alphabet[value & 31]!
  );
}

function encodeTail(bytes: Uint8Array): string {
  let out = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += alphabet[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return out;
}

function increment(bytes: Uint8Array): void {
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = (bytes[i]! + 1) & 255;
    if (bytes[i] !== 0) return;
  }
}
