/**
 * The text of an API key: `upk_` + 8 characters that name it + `_` + 32 random characters (190 bits) + 6 of checksum.
 * The checksum lets us, and secret scanners, discard a typo or a lookalike without asking the database.
 * For scanners: /upk_[0-9A-Za-z]{8}_[0-9A-Za-z]{38}/
 */
import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const form = /^(upk_[0-9A-Za-z]{8})_[0-9A-Za-z]{32}([0-9A-Za-z]{6})$/;

export interface ApiKeyText {
  /** Shown to its owner once. */
  text: string;
  prefix: string;
}

export function newApiKeyText(): ApiKeyText {
  const prefix = `upk_${randomBase62(8)}`;
  const body = `${prefix}_${randomBase62(32)}`;
  return { text: body + checksumOf(body), prefix };
}

/** The prefix to look up, or undefined when the text cannot be a key. */
export function prefixOf(text: string): string | undefined {
  const match = form.exec(text);
  if (match === null || checksumOf(text.slice(0, -6)) !== match[2]) return undefined;
  return match[1];
}

/** A plain hash is enough for 190 random bits: there is nothing to guess. */
export function hashOfKey(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function checksumOf(body: string): string {
  let out = "";
  for (let rest = crc32(body), i = 0; i < 6; i++) {
    out = alphabet[rest % 62] + out;
    rest = Math.floor(rest / 62);
  }
  return out;
}

function randomBase62(length: number): string {
  let out = "";
  while (out.length < length) {
    // 248 is the last multiple of 62 in a byte: what lies above would make the first characters likelier.
    for (const byte of randomBytes(length * 2)) if (byte < 248 && out.length < length) out += alphabet[byte % 62];
  }
  return out;
}
