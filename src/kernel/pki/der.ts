/** DER, as much of it as a certificate needs to be written (X.690). A value is its bytes, so values nest by concatenation. */
const tags = { integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, utf8String: 0x0c, sequence: 0x30, set: 0x31 } as const;

function wrap(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = bigEndian(BigInt(body.length));
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

function bigEndian(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

export const sequence = (...parts: Uint8Array[]): Buffer => wrap(tags.sequence, ...parts);
export const set = (...parts: Uint8Array[]): Buffer => wrap(tags.set, ...parts);
export const octetString = (content: Uint8Array): Buffer => wrap(tags.octetString, content);
export const utf8String = (text: string): Buffer => wrap(tags.utf8String, Buffer.from(text, "utf8"));
export const boolean = (value: boolean): Buffer => Buffer.from([0x01, 0x01, value ? 0xff : 0x00]);

/** Not negative. */
export function integer(value: bigint): Buffer {
  const bytes = bigEndian(value);
  return wrap(tags.integer, bytes[0]! >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return wrap(tags.bitString, Buffer.from([unusedBits]), content);
}

/** `2.5.29.17` */
export function oid(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split(".").map(Number) as [number, number, ...number[]];
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return wrap(tags.oid, Buffer.from(bytes));
}

/** `[number]`, around whole values. */
export const explicit = (number: number, ...parts: Uint8Array[]): Buffer => wrap(0xa0 | number, ...parts);

/** `[number]` in the place of a primitive value's own tag. */
export const implicit = (number: number, content: Uint8Array): Buffer => wrap(0x80 | number, content);

/** As X.509 wants it: two digits of the year until 2049, four from 2050 on. */
export function time(epochMs: number): Buffer {
  const digits = `${new Date(epochMs).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "")}Z`;
  return Number(digits.slice(0, 4)) < 2050 ? wrap(0x17, Buffer.from(digits.slice(2))) : wrap(0x18, Buffer.from(digits));
}
