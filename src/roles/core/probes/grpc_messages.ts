/** Messages as gRPC frames them in a body: a flag, four bytes of length, then the message. */
import { failure, type Failure } from "../net/failure.ts";
import { maxCallBytes, type H2Call } from "../net/h2_call.ts";
import { decodeBody } from "./http_body.ts";

const prefixBytes = 5;

export function framed(message: Uint8Array): Buffer {
  const body = Buffer.alloc(prefixBytes + message.length);
  body.writeUInt32BE(message.length, 1);
  body.set(message, prefixBytes);
  return body;
}

/** Takes the messages out of one stream, as they become whole. */
export class MessageReader {
  /** Put together so far and not yet taken. */
  #held: Buffer = Buffer.alloc(0);
  #needBytes = prefixBytes;
  #takenBytes = 0;

  constructor(private readonly reader: H2Call) {}

  /** Bytes of a message that is not whole, or that nobody has taken. */
  get leftBytes(): number {
    return this.reader.bodyBytes - this.#takenBytes;
  }

  /** The next whole message; undefined while there is none. */
  next(): Buffer | Failure | undefined {
    if (this.leftBytes < this.#needBytes) return undefined;
    this.#gather();
    const size = this.#held.readUInt32BE(1);
    if (size > maxCallBytes) return failure("http_too_large", `response too large: a message of ${size} bytes, at most ${maxCallBytes} are read`);
    this.#needBytes = prefixBytes + size;
    if (this.leftBytes < this.#needBytes) return undefined;
    this.#gather();
    const isCompressed = this.#held[0] === 1;
    const message = this.#held.subarray(prefixBytes, this.#needBytes);
    this.#held = this.#held.subarray(this.#needBytes);
    this.#takenBytes += this.#needBytes;
    this.#needBytes = prefixBytes;
    return isCompressed ? this.#decompressed(message) : message;
  }

  /** Pieces are put together only when a message needs them: once for its length, once for itself. */
  #gather(): void {
    const { pieces } = this.reader;
    if (pieces.length === 0 || this.#held.length >= this.#needBytes) return;
    this.#held = this.#held.length === 0 && pieces.length === 1 ? pieces[0]! : Buffer.concat([this.#held, ...pieces]);
    pieces.length = 0;
  }

  /** Nothing compressed is asked for, but a server may be set up to send it anyway, and its clients read it. */
  #decompressed(message: Buffer): Buffer | Failure {
    const encoding = this.reader.fields.findLast(([name]) => name === "grpc-encoding")?.[1] ?? "identity";
    if (!["gzip", "deflate"].includes(encoding)) return failure("http_malformed", `malformed response: a compressed message with grpc-encoding ${JSON.stringify(encoding.slice(0, 40))}`);
    return decodeBody([message], encoding, maxCallBytes);
  }
}
