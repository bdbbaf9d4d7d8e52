/**
 * Messages of the queues as bytes. Nearly all of a task or a result is its check, which is the same every time: it is written once
 * for each check, goes ahead of the rest, and is read once for as long as it stays the same. The bytes are what any reader of the
 * contract expects, since the order of fields is free.
 */
import { create, fromBinary, toBinary, type DescMessage, type Message } from "@bufbuild/protobuf";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import { queueSchemas, type QueueBody, type QueueName } from "./queue.ts";

/** Field 2, length-delimited: the check, in both messages that carry one. */
const checkTag = 0x12;
/** Of checks that were read. Each is its bytes and its message, a few kB. */
const kept = 100_000;

/** A result that only says once more what is known: it goes without its details, which nobody would read. */
export interface Routine {
  readonly isRoutine: boolean;
}

const written = new WeakMap<Check, Uint8Array>();
const read = new Map<number, { bytes: Uint8Array; check: Check }>();

export function encodeBody<Q extends QueueName>(queue: Q, body: QueueBody<Q>): Uint8Array<ArrayBuffer> {
  const schema: DescMessage = queueSchemas[queue];
  const { check } = body as { check?: Check };
  if (queue === "notifications" || !check) return toBinary(schema, body) as Uint8Array<ArrayBuffer>;
  const ahead = writtenCheck(check);
  const rest = toBinary(schema, withoutCheck(schema, body as Message & Partial<Routine>));
  const head = [checkTag, ...varint(ahead.length)];
  const bytes = new Uint8Array(head.length + ahead.length + rest.length);
  bytes.set(head);
  bytes.set(ahead, head.length);
  bytes.set(rest, head.length + ahead.length);
  return bytes;
}

/** Two messages with the same check share it. */
export function decodeBody<Q extends QueueName>(queue: Q, bytes: Uint8Array): QueueBody<Q> {
  const schema: DescMessage = queueSchemas[queue];
  if (queue === "notifications" || bytes[0] !== checkTag) return fromBinary(schema, bytes) as QueueBody<Q>;
  const { value: length, end: from } = readVarint(bytes, 1);
  const body = fromBinary(schema, bytes.subarray(from + length)) as QueueBody<Q> & { check?: Check };
  body.check = readCheck(bytes.subarray(from, from + length));
  return body;
}

function withoutCheck(schema: DescMessage, body: Message & Partial<Routine>): Message {
  const rest = create(schema) as Message & Record<string, unknown>;
  for (const { localName } of schema.fields) {
    if (localName === "check" || (localName === "result" && body.isRoutine)) continue;
    rest[localName] = (body as unknown as Record<string, unknown>)[localName];
  }
  return rest;
}

function writtenCheck(check: Check): Uint8Array {
  let bytes = written.get(check);
  if (!bytes) written.set(check, (bytes = toBinary(CheckSchema, check)));
  return bytes;
}

function readCheck(bytes: Uint8Array): Check {
  const key = Bun.hash.xxHash32(bytes);
  const known = read.get(key);
  // A hash of strangers' texts proves nothing.
  if (known && Buffer.compare(known.bytes, bytes) === 0) return known.check;
  const check = fromBinary(CheckSchema, bytes);
  // Its own copy: the bytes lie in those of everything that came with it.
  read.set(key, { bytes: bytes.slice(), check });
  if (read.size > kept) read.delete(read.keys().next().value!);
  return check;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

function readVarint(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return { value, end: at };
}
