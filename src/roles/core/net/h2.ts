/**
 * As much HTTP/2 (RFC 9113) as one call on a connection of its own needs: everything goes out in one write, and the
 * answer is read frame by frame within fixed bounds. A quarter of the cost of a full client per check.
 */
import hpack from "hpack.js";
import { failure, type Failure } from "./failure.ts";
import { Progress } from "./http_parser.ts";

export interface H2Request {
  path: string;
  authority: string;
  isSecure: boolean;
  headers: [string, string][];
  body: Uint8Array;
}

const enum Frame {
  data = 0,
  headers = 1,
  resetStream = 3,
  settings = 4,
  pushPromise = 5,
  ping = 6,
  goAway = 7,
  windowUpdate = 8,
  continuation = 9,
}

const endStream = 1;
const ack = 1;
const endHeaders = 4;
const padded = 8;
const priority = 32;

const maxFrame = 16_384;
const maxHeaderBytes = 65_536;
export const maxResponseBytes = 4_194_304;
/** What a server must take before it has said how much it takes (RFC 9113, 6.9.2). */
export const maxRequestBytes = 65_535;
/** Larger than what is read at most, so that no window ever has to be opened again. */
const window = 16_777_216;

const preface = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  frame(Frame.settings, 0, 0, settings([[2, 0], [4, window], [6, maxHeaderBytes]])),
  frame(Frame.windowUpdate, 0, 0, uint32(window)),
]);

export function encodeH2(request: H2Request): Uint8Array {
  const fields: [string, string][] = [
    [":method", "POST"],
    [":scheme", request.isSecure ? "https" : "http"],
    [":path", request.path],
    [":authority", request.authority],
    ...request.headers,
  ];
  const block = Buffer.concat(fields.flatMap(([name, value]) => literal(name, value)));
  if (block.length > maxFrame) throw new Error(`the request's headers have ${block.length} bytes, at most ${maxFrame} can be sent`);
  if (request.body.length > maxRequestBytes) throw new Error(`the request has ${request.body.length} bytes, at most ${maxRequestBytes} can be sent`);
  const frames = [preface, frame(Frame.headers, endHeaders, 1, block)];
  for (let at = 0; at === 0 || at < request.body.length; at += maxFrame) {
    const isLast = at + maxFrame >= request.body.length;
    frames.push(frame(Frame.data, isLast ? endStream : 0, 1, request.body.subarray(at, at + maxFrame)));
  }
  return Buffer.concat(frames);
}

function frame(type: Frame, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function settings(pairs: [number, number][]): Buffer {
  const payload = Buffer.alloc(pairs.length * 6);
  for (const [index, [id, value]] of pairs.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return payload;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A literal field without indexing (RFC 7541, 6.2.2). */
function literal(name: string, value: string): Buffer[] {
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  return [Buffer.from([0]), length(nameBytes.length), nameBytes, length(valueBytes.length), valueBytes];
}

/** An integer with a 7-bit prefix (RFC 7541, 5.1). */
function length(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

export class H2Reader {
  /** Headers and trailers in the order sent. */
  readonly fields: [string, string][] = [];
  readonly pieces: Buffer[] = [];
  bodyBytes = 0;
  failure: Failure | undefined;

  #rest: Buffer | undefined;
  #isFirst = true;
  #block: Buffer[] = [];
  #blockBytes = 0;
  #endsAfterBlock = false;
  #control = 0;
  readonly #hpack = hpack.decompressor.create({ table: { maxSize: 4_096 } });
  #isBroken = false;

  constructor(private readonly write: (bytes: Uint8Array) => void) {
    this.#hpack.on("error", () => {
      this.#isBroken = true;
    });
  }

  push(bytes: Buffer): Progress {
    const all = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    if (this.#isFirst && all.subarray(0, 5).toString("latin1") === "HTTP/") return this.#fail("http_malformed", "the server answers HTTP/1.1, not HTTP/2");
    let at = 0;
    while (all.length - at >= 9) {
      const size = all.readUIntBE(at, 3);
      if (size > maxFrame) return this.#fail("http_malformed", `malformed response: an HTTP/2 frame of ${size} bytes`);
      if (all.length - at < 9 + size) break;
      const progress = this.#frame(all[at + 3]!, all[at + 4]!, all.readUInt32BE(at + 5) & 0x7fffffff, all.subarray(at + 9, at + 9 + size));
      if (progress !== Progress.more) return progress;
      at += 9 + size;
    }
    this.#rest = at < all.length ? all.subarray(at) : undefined;
    return Progress.more;
  }

  #fail(kind: "http_malformed" | "http_too_large" | "connection_reset", message: string): Progress {
    this.failure = failure(kind, message);
    return Progress.failed;
  }

  #malformed(what: string): Progress {
    return this.#fail("http_malformed", `malformed response: ${what}`);
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): Progress {
    if (this.#isFirst && type !== Frame.settings) return this.#malformed("HTTP/2 that does not begin with settings");
    this.#isFirst = false;
    if (this.#block.length > 0 && type !== Frame.continuation) return this.#malformed("a header block that is interrupted");
    // Pings and settings are free to send and cost an answer each.
    if (type !== Frame.data && ++this.#control > 1_000) return this.#fail("http_too_large", "response too large: more than 1000 HTTP/2 control frames");
    switch (type) {
      case Frame.settings:
        if ((flags & ack) === 0) this.write(frame(Frame.settings, ack, 0, Buffer.alloc(0)));
        return Progress.more;
      case Frame.ping:
        if ((flags & ack) === 0) this.write(frame(Frame.ping, ack, 0, payload));
        return Progress.more;
      case Frame.headers:
      case Frame.continuation:
        return this.#headers(type, flags, payload);
      case Frame.data:
        return this.#data(flags, payload);
      case Frame.resetStream:
        return stream === 1 ? this.#fail("connection_reset", `call reset by the server: HTTP/2 error ${payload.length >= 4 ? payload.readUInt32BE(0) : 0}`) : Progress.more;
      case Frame.goAway:
        return this.#goAway(payload);
      case Frame.pushPromise:
        return this.#malformed("a push that was switched off");
      default:
        return Progress.more;
    }
  }

  /** A server that is shutting down still answers the calls up to the stream it names. */
  #goAway(payload: Buffer): Progress {
    if (payload.length < 8) return this.#malformed("a short GOAWAY");
    const last = payload.readUInt32BE(0) & 0x7fffffff;
    const code = payload.readUInt32BE(4);
    if (last >= 1 && code === 0) return Progress.more;
    return this.#fail("connection_reset", `connection refused the call: HTTP/2 GOAWAY with error ${code}`);
  }

  #headers(type: number, flags: number, payload: Buffer): Progress {
    if (type === Frame.continuation && this.#block.length === 0) return this.#malformed("a continuation of nothing");
    const block = type === Frame.headers ? unpadded(payload, flags) : payload;
    if (!block) return this.#malformed("padding longer than its frame");
    if (type === Frame.headers) this.#endsAfterBlock = (flags & endStream) !== 0;
    this.#block.push(block);
    this.#blockBytes += block.length;
    if (this.#blockBytes > maxHeaderBytes) return this.#fail("http_too_large", `response too large: more than ${maxHeaderBytes} bytes of headers`);
    if ((flags & endHeaders) === 0) return Progress.more;
    if (!this.#decode(Buffer.concat(this.#block))) return this.#malformed("headers that cannot be decompressed");
    this.#block = [];
    return this.#endsAfterBlock ? Progress.complete : Progress.more;
  }

  #decode(block: Buffer): boolean {
    this.#hpack.write(block);
    this.#hpack.execute();
    for (let field = this.#hpack.read(); field; field = this.#hpack.read()) {
      if (this.fields.length < 500) this.fields.push([field.name, field.value]);
    }
    return !this.#isBroken;
  }

  #data(flags: number, payload: Buffer): Progress {
    const body = unpadded(payload, flags & padded);
    if (!body) return this.#malformed("padding longer than its frame");
    this.pieces.push(body);
    this.bodyBytes += body.length;
    if (this.bodyBytes > maxResponseBytes) return this.#fail("http_too_large", `response too large: more than ${maxResponseBytes} bytes`);
    return (flags & endStream) === 0 ? Progress.more : Progress.complete;
  }
}

function unpadded(payload: Buffer, flags: number): Buffer | undefined {
  const padding = flags & padded ? (payload[0] ?? 0) : 0;
  const start = (flags & padded ? 1 : 0) + (flags & priority ? 5 : 0);
  return start + padding > payload.length ? undefined : payload.subarray(start, payload.length - padding);
}
