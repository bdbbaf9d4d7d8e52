/**
 * DNS messages (RFC 1035, 4): questions out, answers in. What comes in may be hostile: each record ends where its length
 * says, names only point backwards, and a count that the message cannot hold ends the reading with a reason.
 */
import { rcodeNames } from "#ports/assertion_language";

export interface Question {
  /** ASCII, with or without its final dot. */
  name: string;
  type: number;
}

export interface QuestionFlags {
  recursion: boolean;
  dnssec: boolean;
  /** Says by EDNS (RFC 6891) that answers may be larger than 512 bytes. */
  edns: boolean;
}

export interface DnsRecord {
  name: string;
  type: number;
  ttl: number;
  /** Where its data stands in the message. */
  start: number;
  end: number;
}

export interface DnsMessage {
  bytes: Buffer;
  rcode: number;
  flags: { aa: boolean; tc: boolean; ra: boolean; ad: boolean };
  answer: DnsRecord[];
  authority: DnsRecord[];
  additional: DnsRecord[];
}

export const rcodes = { noError: 0, nameError: 3 } as const;

const extendedRcodeNames: Record<number, string> = { 16: "BADVERS", 23: "BADCOOKIE" };

export function rcodeName(rcode: number): string {
  return rcodeNames[rcode] ?? extendedRcodeNames[rcode] ?? `RCODE${rcode}`;
}

/** Fits in a packet of every network, so that no answer is lost for being in fragments (DNS flag day 2020). */
const ednsBytes = 1_232;
const optType = 41;
const internet = 1;
const headerBytes = 12;

/** A whole query, its id still 0. */
export function encodeQuery(question: Question, { recursion, dnssec, edns }: QuestionFlags): Buffer {
  const name = question.name.replace(/\.$/, "");
  const labels = name === "" ? [] : name.split(".").map((label) => Buffer.from(label, "latin1"));
  const nameBytes = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  if (nameBytes > 255 || labels.some(({ length }) => length === 0 || length > 63)) throw new Error(`"${question.name}" is not a domain name`);
  const query = Buffer.alloc(headerBytes + nameBytes + 4 + (edns ? 11 : 0));
  // AD in a query asks for AD in the answer without the weight of DNSSEC records (RFC 6840, 5.7); DO asks for those too.
  query.writeUInt16BE((recursion ? 0x0100 : 0) | (dnssec ? 0x0020 : 0), 2);
  query.writeUInt16BE(1, 4);
  let at = headerBytes;
  for (const label of labels) {
    query[at++] = label.length;
    at += label.copy(query, at);
  }
  at = query.writeUInt16BE(question.type, at + 1);
  at = query.writeUInt16BE(internet, at);
  if (!edns) return query;
  query.writeUInt16BE(1, 10);
  at = query.writeUInt16BE(optType, at + 1);
  at = query.writeUInt16BE(ednsBytes, at);
  query.writeUInt16BE(dnssec ? 0x8000 : 0, at + 2);
  return query;
}

/** Where the question of a query of ours ends. */
function questionEnd(query: Buffer): number {
  let at = headerBytes;
  while (query[at] !== 0) at += query[at]! + 1;
  return at + 5;
}

/** Whether a message is an answer to this query: the id, and the question but for its case. */
export function answers(message: Buffer, query: Buffer): boolean {
  if (message.length < headerBytes || message[0] !== query[0] || message[1] !== query[1]) return false;
  if ((message[2]! & 0xf8) !== 0x80) return false;
  const questions = message.readUInt16BE(4);
  // A server that could not read the question cannot repeat it.
  if (questions === 0) return (message[3]! & 15) !== rcodes.noError;
  const end = questionEnd(query);
  if (questions !== 1 || message.length < end) return false;
  for (let at = headerBytes; at < end; at++) if (lowered(message[at]!) !== lowered(query[at]!)) return false;
  return true;
}

/** Lengths and types stay below "A" or are equal anyway. */
function lowered(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte + 32 : byte;
}

/** Whether it did not fit, so that the question is to be asked again over TCP. */
export function isTruncated(message: Buffer): boolean {
  return (message[2]! & 2) !== 0;
}

/** Throws an Error that says what is wrong with it. */
export function readMessage(bytes: Buffer): DnsMessage {
  if (bytes.length < headerBytes) throw new Error(`${bytes.length} bytes are no message`);
  const flags = bytes.readUInt16BE(2);
  const message: DnsMessage = {
    bytes,
    rcode: flags & 15,
    flags: { aa: (flags & 0x0400) !== 0, tc: (flags & 0x0200) !== 0, ra: (flags & 0x0080) !== 0, ad: (flags & 0x0020) !== 0 },
    answer: [],
    authority: [],
    additional: [],
  };
  let at = headerBytes;
  for (let left = bytes.readUInt16BE(4); left > 0; left--) at = skipName(bytes, at) + 4;
  for (const [index, section] of (["answer", "authority", "additional"] as const).entries()) {
    for (let left = bytes.readUInt16BE(6 + index * 2); left > 0; left--) {
      const record = readRecord(bytes, at);
      at = record.end;
      // EDNS carries the upper bits of the rcode; it is about the message and not data of a name.
      if (record.type === optType) message.rcode |= (record.ttl >>> 24) << 4;
      else message[section].push(record);
    }
  }
  return message;
}

function readRecord(bytes: Buffer, at: number): DnsRecord {
  const fields = skipName(bytes, at);
  if (fields + 10 > bytes.length) throw new Error("a record is cut off");
  const start = fields + 10;
  const end = start + bytes.readUInt16BE(fields + 8);
  if (end > bytes.length) throw new Error("a record is longer than the message");
  return { name: readName(bytes, at).name, type: bytes.readUInt16BE(fields), ttl: bytes.readUInt32BE(fields + 4), start, end };
}

function skipName(bytes: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const length = bytes[at];
    if (length === undefined) throw new Error("a name is cut off");
    if (length >= 0xc0) return at + 2;
    if (length > 63) throw new Error("a label is of an unknown kind");
    at += length + 1;
    if (length === 0) return at;
  }
}

/** In lower case with its final dot; `end` is where it ends in the message. What is no plain character is escaped as in zone files. */
export function readName(bytes: Buffer, start: number): { name: string; end: number } {
  let name = "";
  let at = start;
  let end = -1;
  let total = 0;
  for (;;) {
    const length = bytes[at];
    if (length === undefined) throw new Error("a name is cut off");
    if (length === 0) return { name: name === "" ? "." : name, end: end < 0 ? at + 1 : end };
    if (length >= 0xc0) {
      const to = ((length & 63) << 8) | (bytes[at + 1] ?? 255);
      if (end < 0) end = at + 2;
      // Only backwards: a chain of pointers then ends.
      if (to >= at) throw new Error("a name points forwards or at itself");
      at = to;
      // Each pointer costs a step without adding to the name.
      total += 1;
    } else if (length > 63) {
      throw new Error("a label is of an unknown kind");
    } else {
      if (at + 1 + length > bytes.length) throw new Error("a name is cut off");
      name += `${labelText(bytes, at + 1, at + 1 + length)}.`;
      total += length + 1;
      at += length + 1;
    }
    if (total > 255) throw new Error("a name is longer than 255 bytes");
  }
}

function labelText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString("latin1", start, end);
  if (/^[a-z0-9_*-]*$/.test(text)) return text;
  return text.replace(/[^!-~]|[.\\"();@$]/g, (char) => (/[!-~]/.test(char) ? `\\${char}` : `\\${String(char.charCodeAt(0)).padStart(3, "0")}`)).toLowerCase();
}

/** Puts messages of a stream together again: each comes with its length before it (RFC 1035, 4.2.2). */
export class MessageReader {
  #received: Buffer = Buffer.alloc(0);

  /** The first whole message, once it is there. */
  take(bytes: Buffer): Buffer | undefined {
    this.#received = this.#received.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#received, bytes]);
    if (this.#received.length < 2) return undefined;
    const end = 2 + this.#received.readUInt16BE(0);
    return this.#received.length < end ? undefined : this.#received.subarray(2, end);
  }
}

/** A query as it goes over a stream. */
export function framed(query: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(2 + query.length);
  frame.writeUInt16BE(query.length, 0);
  query.copy(frame, 2);
  return frame;
}
