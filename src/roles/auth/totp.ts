/** Time-based one-time passwords, RFC 6238: SHA-1, six digits, steps of 30 seconds, as every authenticator app has them. */
import { createHmac, timingSafeEqual } from "node:crypto";

const stepMs = 30_000;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export function totpCode(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const offset = mac[mac.length - 1]! & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** The step that `code` belongs to, up to one step off for clocks that differ; undefined when it is none of these. */
export function matchingStep(secret: Uint8Array, code: string, nowMs: number): number | undefined {
  if (!/^\d{6}$/.test(code)) return undefined;
  const now = Math.floor(nowMs / stepMs);
  return [now, now - 1, now + 1].find((step) => timingSafeEqual(Buffer.from(totpCode(secret, step)), Buffer.from(code)));
}

/** For the QR code of an authenticator app. */
export function totpUri(secret: Uint8Array, email: string): string {
  return `otpauth://totp/UptimePing:${encodeURIComponent(email)}?secret=${base32(secret)}&issuer=UptimePing`;
}

export function base32(bytes: Uint8Array): string {
  let out = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value & 31) << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) out += alphabet[(value >>> (bits - 5)) & 31];
  }
  return bits === 0 ? out : out + alphabet[(value << (5 - bits)) & 31];
}
