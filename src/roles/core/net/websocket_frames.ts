/**
 * The frames of a WebSocket (RFC 6455, 5): writing them, and reading messages out of them strictly. What the RFC leaves to
 * an extension is refused, because none is ever agreed on.
 */
import { isUtf8 } from "node:buffer";
import { GrowingBuffer } from "./growing_buffer.ts";

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
export type Opcode = (typeof opcodes)[keyof typeof opcodes];

export type WebSocketEvent =
  | { type: "text" | "binary" | "ping" | "pong"; bytes: Buffer }
  /** Code 1005 when the frame had none (RFC 6455, 7.1.5). */
  | { type: "close"; code: number; reason: string };

/** What the peer did wrong, and the close code that says so to it. */
export interface Violation {
  closeCode: 1002 | 1007 | 1009;
  problem: string;
}

/** Longest frame, and longest message out of several. */
export const maxMessageBytes = 1_048_576;
const maxControlBytes = 125;
/** Empty frames cost next to nothing to send; nobody needs as many. */
const maxFrames = 65_536;

const fin = 0x80;
const reserved = 0x70;
const masked = 0x80;

/** One whole frame. A client masks with four bytes that nobody can foresee; a server does not mask. */
export function encodeFrame(opcode: Opcode, payload: Uint8Array, mask?: Uint8Array, isFinal = true): Buffer {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const payloadAt = 2 + lengthBytes + (mask ? 4 : 0);
  const frame = Buffer.allocUnsafe(payloadAt + length);
  frame[0] = (isFinal ? fin : 0) | opcode;
  frame[1] = (mask ? masked : 0) | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
  if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(payload, payloadAt);
  if (mask) {
    frame.set(mask, payloadAt - 4);
    applyMask(frame.subarray(payloadAt), mask);
  }
  return frame;
}

function applyMask(payload: Buffer, mask: Uint8Array): void {
  for (let index = 0; index < payload.length; index++) payload[index]! ^= mask[index & 3]!;
}

export function closePayload(code: number, reason = ""): Buffer {
  const payload = Buffer.allocUnsafe(2);
  payload.writeUInt16BE(code);
  return Buffer.concat([payload, Buffer.from(reason)]);
}

interface Head {
  opcode: number;
  isFinal: boolean;
  mask: Buffer | undefined;
  payloadAt: number;
  size: number;
}

export class WebSocketReader {
  readonly #buffer = new GrowingBuffer();
  /** Bytes that must be there before it is worth looking again. */
  #needed = 2;
  /** Kind of the message whose fragments are coming in. */
  #fragmented: "text" | "binary" | undefined = undefined;
  #message = new GrowingBuffer();
  #frames = 0;

  /**
   * `take` is given each message and control frame, and answers whether to go on. `isFromClient` reads masked frames, as a
   * server does; else a masked frame is a violation.
   */
  constructor(
    private readonly take: (event: WebSocketEvent) => boolean,
    private readonly isFromClient = false,
  ) {}

  /** Reads on; nothing may be pushed after a violation, or after `take` said no. */
  push(bytes: Uint8Array): Violation | undefined {
    this.#buffer.append(bytes);
    while (this.#buffer.length >= this.#needed) {
      const received = this.#buffer.bytes;
      const head = headOf(received);
      if (head === undefined) {
        this.#needed = received.length + 1;
        return undefined;
      }
      const wrong = this.#wrongWith(received, head);
      if (wrong) return wrong;
      const end = head.payloadAt + head.size;
      this.#needed = end;
      if (received.length < end) return undefined;
      this.#needed = 2;
      this.#buffer.drop(end);
      if (++this.#frames > maxFrames) return { closeCode: 1009, problem: `more than ${maxFrames} frames` };
      const event = this.#eventOf(head, payloadOf(received, head));
      if (event && "problem" in event) return event;
      if (event && !this.take(event)) return undefined;
    }
    return undefined;
  }

  #wrongWith(received: Buffer, head: Head): Violation | undefined {
    const { opcode, isFinal, mask, size } = head;
    const isControl = opcode >= opcodes.close;
    if ((received[0]! & reserved) !== 0) return malformed("a reserved bit is set");
    if (opcode > opcodes.pong || (opcode > opcodes.binary && !isControl)) return malformed(`unknown opcode ${opcode}`);
    if ((mask !== undefined) !== this.isFromClient) return malformed(this.isFromClient ? "a frame without a mask from a client" : "a masked frame from a server");
    if (isControl && (!isFinal || size > maxControlBytes)) return malformed(isFinal ? `a control frame of ${size} bytes` : "a control frame in fragments");
    if (!isShortest(received, size)) return malformed(`a length of ${size} written too long`);
    if (opcode === opcodes.continuation && this.#fragmented === undefined) return malformed("a continuation of nothing");
    if (!isControl && opcode !== opcodes.continuation && this.#fragmented !== undefined) return malformed("a message within another one");
    const whole = isControl ? size : size + this.#message.length;
    return whole > maxMessageBytes ? { closeCode: 1009, problem: `a message of more than ${maxMessageBytes} bytes` } : undefined;
  }

  #eventOf(head: Head, payload: Buffer): WebSocketEvent | Violation | undefined {
    switch (head.opcode) {
      case opcodes.close:
        return closeOf(payload);
      case opcodes.ping:
        return { type: "ping", bytes: payload };
      case opcodes.pong:
        return { type: "pong", bytes: payload };
      default:
        return this.#messageOf(head, payload);
    }
  }

  #messageOf({ opcode, isFinal }: Head, payload: Buffer): WebSocketEvent | Violation | undefined {
    const type = this.#fragmented ?? (opcode === opcodes.text ? "text" : "binary");
    let bytes = payload;
    if (this.#fragmented !== undefined || !isFinal) {
      this.#message.append(payload);
      this.#fragmented = type;
      if (!isFinal) return undefined;
      bytes = this.#message.bytes;
      this.#message = new GrowingBuffer();
      this.#fragmented = undefined;
    }
    return type === "text" && !isUtf8(bytes) ? { closeCode: 1007, problem: "a text that is not UTF-8" } : { type, bytes };
  }
}

function malformed(problem: string): Violation {
  return { closeCode: 1002, problem };
}

/** Undefined when the head is not all there. */
function headOf(received: Buffer): Head | undefined {
  const short = received[1]! & 127;
  const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
  const isMasked = (received[1]! & masked) !== 0;
  const payloadAt = 2 + lengthBytes + (isMasked ? 4 : 0);
  if (received.length < payloadAt) return undefined;
  // Beyond 2^53 the number is rounded, and far beyond what is read anyway.
  const size = lengthBytes === 0 ? short : lengthBytes === 2 ? received.readUInt16BE(2) : Number(received.readBigUInt64BE(2));
  return { opcode: received[0]! & 15, isFinal: (received[0]! & fin) !== 0, mask: isMasked ? received.subarray(payloadAt - 4, payloadAt) : undefined, payloadAt, size };
}

function isShortest(received: Buffer, size: number): boolean {
  const short = received[1]! & 127;
  return short < 126 || (short === 126 ? size >= 126 : size >= 65_536 && size < 2 ** 63);
}

function payloadOf(received: Buffer, { payloadAt, size, mask }: Head): Buffer {
  const payload = received.subarray(payloadAt, payloadAt + size);
  if (!mask) return payload;
  const plain = Buffer.from(payload);
  applyMask(plain, mask);
  return plain;
}

/** Codes that may be sent (RFC 6455, 7.4, and the registry that it opens). */
function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999);
}

function closeOf(payload: Buffer): WebSocketEvent | Violation {
  if (payload.length === 0) return { type: "close", code: 1005, reason: "" };
  const code = payload.length === 1 ? -1 : payload.readUInt16BE(0);
  if (!isCloseCode(code)) return malformed(code < 0 ? "a close frame of one byte" : `a close frame with the code ${code}`);
  const reason = payload.subarray(2);
  return isUtf8(reason) ? { type: "close", code, reason: reason.toString("utf8") } : { closeCode: 1007, problem: "a close reason that is not UTF-8" };
}
