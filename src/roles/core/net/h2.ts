/**
 * As much HTTP/2 (RFC 9113) as a few requests need that have a connection to themselves, one after the other: everything
 * that the server must take goes out in one write, and the answer is read frame by frame within fixed bounds. A quarter of
 * the cost of a full client per check. What an answer means is up to its reader: `H2Response` for HTTP, `H2Call` for gRPC.
 */
import hpack from "hpack.js";
import { failure, type Failure } from "./failure.ts";
import { Progress } from "./http_parser.ts";

export interface H2Request {
  /** POST when not said. */
  method?: string;
  path: string;
  authority: string;
  isSecure: boolean;
  headers: [string, string][];
  body: Uint8Array | undefined;
  /** Streams of one connection have the numbers 1, 3, 5…; 1 when not said, and it opens the connection. */
  stream?: number;
  /** More of the body follows, by `H2Reader.upload` or by `encodeData`. */
  continues?: boolean;
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

const initialWindowSize = 4;

const maxFrame = 16_384;
const maxHeaderBytes = 65_536;
/** What a server must take before it has said how much it takes (RFC 9113, 6.9.2). */
export const maxRequestBytes = 65_535;
/** Larger than what is read at most, so that no window ever has to be opened again. */
const window = 1_073_741_824;
/** Frames that carry nothing cost as much to read as those that do. */
const maxControlFrames = 1_000;
const maxDataFrames = 250_000;

/** RFC 9113, 7, by their codes. */
const errorNames = ["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"];
const cancel = 8;

const preface = Buffer.concat([
  Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  frame(Frame.settings, 0, 0, settings([[2, 0], [initialWindowSize, window], [6, maxHeaderBytes]])),
  frame(Frame.windowUpdate, 0, 0, uint32(window)),
]);

/** One write. Throws an Error when the body is longer than a server must take at once. */
export function encodeH2(request: H2Request): Uint8Array {
  const { method = "POST", body, stream = 1, continues = false } = request;
  const fields: [string, string][] = [
    [":method", method],
    [":scheme", request.isSecure ? "https" : "http"],
    [":path", request.path],
    [":authority", request.authority],
    ...request.headers,
  ];
  const block = Buffer.concat(fields.flatMap(([name, value]) => literal(name, value)));
  if (body && body.length > maxRequestBytes) throw new Error(`the request has ${body.length} bytes, at most ${maxRequestBytes} can be sent`);
  const frames: Buffer[] = stream === 1 ? [preface] : [];
  for (let at = 0; at === 0 || at < block.length; at += maxFrame) {
    const flags = (at + maxFrame >= block.length ? endHeaders : 0) | (at === 0 && !body ? endStream : 0);
    frames.push(frame(at === 0 ? Frame.headers : Frame.continuation, flags, stream, block.subarray(at, at + maxFrame)));
  }
  return Buffer.concat(body ? [...frames, ...dataFrames(stream, body, !continues)] : frames);
}

function dataFrames(stream: number, body: Uint8Array, isLast: boolean): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at === 0 || at < body.length; at += maxFrame) {
    frames.push(frame(Frame.data, isLast && at + maxFrame >= body.length ? endStream : 0, stream, body.subarray(at, at + maxFrame)));
  }
  return frames;
}

/** At most `maxFrame` bytes more of a request that continues. */
export function encodeData(stream: number, bytes: Uint8Array): Uint8Array {
  return frame(Frame.data, 0, stream, bytes);
}

/** Nothing more is wanted of this stream. */
export function encodeCancel(stream: number): Uint8Array {
  return frame(Frame.resetStream, 0, stream, uint32(cancel));
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

/** Reads the answer on one stream at a time. */
export abstract class H2Reader {
  readonly pieces: Buffer[] = [];
  bodyBytes = 0;
  failure: Failure | undefined;
  /** The code that the server reset the stream with. */
  resetCode: number | undefined;

  #rest: Buffer | undefined;
  #stream = 1;
  #isFirst = true;
  #block: Buffer[] = [];
  #blockStream = 0;
  #blockBytes = 0;
  #fieldBytes = 0;
  #endsAfterBlock = false;
  #controlFrames = 0;
  #dataFrames = 0;
  #upload: Upload | undefined;
  readonly #hpack = hpack.decompressor.create({ table: { maxSize: 4_096 } });
  #isBroken = false;

  constructor(private readonly write: (bytes: Uint8Array) => void) {
    this.#hpack.on("error", () => {
      this.#isBroken = true;
    });
  }

  /** From now on reads the answer on this stream; what still comes on an earlier one is passed over. */
  follow(stream: number): void {
    this.#stream = stream;
    this.#blockBytes = 0;
    this.#fieldBytes = 0;
    this.pieces.length = 0;
    this.bodyBytes = 0;
    this.failure = undefined;
    this.resetCode = undefined;
  }

  /** Sends the rest of the first request's body as the server's windows let it; the first `maxRequestBytes` have gone out. */
  upload(rest: Uint8Array): void {
    this.#upload = new Upload(rest, this.write);
  }

  push(bytes: Buffer): Progress {
    const all = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
    if (this.#isFirst && all.subarray(0, 5).toString("latin1") === "HTTP/") return this.fail("http_malformed", "the server answers HTTP/1.1, not HTTP/2");
    let at = 0;
    while (all.length - at >= 9) {
      const size = all.readUIntBE(at, 3);
      // Before the size is looked at: in another protocol it is no size.
      if (this.#isFirst && all[at + 3] !== Frame.settings) return this.malformed(`it begins with ${JSON.stringify(all.toString("latin1", 0, 24))}: HTTP/2 that does not begin with settings`);
      if (size > maxFrame) return this.malformed(`an HTTP/2 frame of ${size} bytes`);
      if (all.length - at < 9 + size) break;
      const progress = this.#frame(all[at + 3]!, all[at + 4]!, all.readUInt32BE(at + 5) & 0x7fffffff, all.subarray(at + 9, at + 9 + size));
      at += 9 + size;
      if (progress === Progress.more) continue;
      this.#rest = at < all.length ? all.subarray(at) : undefined;
      return progress;
    }
    this.#rest = at < all.length ? all.subarray(at) : undefined;
    return Progress.more;
  }

  /** A header block: of the answer, an interim one, or its trailers. */
  protected abstract takeFields(fields: [string, string][], isLast: boolean): Progress;

  protected abstract takeBody(piece: Buffer, isLast: boolean): Progress;

  protected fail(kind: "http_malformed" | "http_too_large" | "connection_reset", message: string): Progress {
    this.failure = failure(kind, message);
    return Progress.failed;
  }

  protected malformed(what: string): Progress {
    return this.fail("http_malformed", `malformed response: ${what}`);
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): Progress {
    this.#isFirst = false;
    if (this.#block.length > 0 && type !== Frame.continuation) return this.malformed("a header block that is interrupted");
    if (type === Frame.data ? ++this.#dataFrames > maxDataFrames : !this.#countControl()) return this.#tooManyFrames();
    switch (type) {
      case Frame.settings:
        if ((flags & ack) !== 0) return Progress.more;
        this.write(frame(Frame.settings, ack, 0, Buffer.alloc(0)));
        this.#upload?.settings(payload);
        return Progress.more;
      case Frame.windowUpdate:
        if (payload.length === 4) this.#upload?.widen(stream, payload.readUInt32BE(0) & 0x7fffffff);
        return Progress.more;
      case Frame.ping:
        if ((flags & ack) === 0) this.write(frame(Frame.ping, ack, 0, payload));
        return Progress.more;
      case Frame.headers:
      case Frame.continuation:
        return this.#headers(type, flags, stream, payload);
      case Frame.data:
        return this.#data(flags, stream, payload);
      case Frame.resetStream:
        return stream === this.#stream ? this.#reset(payload) : Progress.more;
      case Frame.goAway:
        return this.#goAway(payload);
      case Frame.pushPromise:
        return this.malformed("a push that was switched off");
      default:
        return Progress.more;
    }
  }

  /** Pings and settings are free to send and cost an answer each. */
  #countControl(): boolean {
    return ++this.#controlFrames <= maxControlFrames;
  }

  #tooManyFrames(): Progress {
    return this.fail("http_too_large", "response too large: more HTTP/2 frames than any answer needs");
  }

  #reset(payload: Buffer): Progress {
    this.resetCode = payload.length >= 4 ? payload.readUInt32BE(0) : 0;
    return this.fail("connection_reset", `request reset by the server: HTTP/2 error ${errorText(this.resetCode)}`);
  }

  /** A server that is shutting down still answers the requests up to the stream it names. */
  #goAway(payload: Buffer): Progress {
    if (payload.length < 8) return this.malformed("a short GOAWAY");
    const last = payload.readUInt32BE(0) & 0x7fffffff;
    const code = payload.readUInt32BE(4);
    if (last >= this.#stream && code === 0) return Progress.more;
    const said = payload.toString("latin1", 8, 208).replace(/[^\x20-\x7e]+/g, " ").trim();
    return this.fail("connection_reset", `request refused by the server: HTTP/2 GOAWAY with error ${errorText(code)}${said === "" ? "" : `: ${said}`}`);
  }

  /** Ours are the odd ones, and the one that is followed is the last of them. */
  #isOpened(stream: number): boolean {
    return stream % 2 === 1 && stream <= this.#stream;
  }

  #headers(type: number, flags: number, stream: number, payload: Buffer): Progress {
    if (!this.#isOpened(stream)) return this.malformed(`headers of stream ${stream}, which was not opened`);
    if (type === Frame.continuation && this.#block.length === 0) return this.malformed("a continuation of nothing");
    if (type === Frame.continuation && stream !== this.#blockStream) return this.malformed("a header block that is interrupted");
    const block = type === Frame.headers ? unpadded(payload, flags) : payload;
    if (!block) return this.malformed("padding longer than its frame");
    if (type === Frame.headers) this.#endsAfterBlock = (flags & endStream) !== 0;
    this.#blockStream = stream;
    this.#block.push(block);
    this.#blockBytes += block.length;
    if (this.#blockBytes > maxHeaderBytes) return this.#headTooLarge();
    if ((flags & endHeaders) === 0) return Progress.more;
    // The table of known headers is one for the whole connection: blocks of earlier streams pass through it too.
    const fields = this.#decode(this.#block.length === 1 ? this.#block[0]! : Buffer.concat(this.#block));
    this.#block = [];
    if (this.#isBroken) return this.malformed("headers that cannot be decompressed");
    if (!fields) return this.#headTooLarge();
    return stream === this.#stream ? this.takeFields(fields, this.#endsAfterBlock) : Progress.more;
  }

  #headTooLarge(): Progress {
    return this.fail("http_too_large", `response head is larger than ${maxHeaderBytes} bytes`);
  }

  /** Undefined when the fields are too large: a byte may stand for a header of 4,000. */
  #decode(block: Buffer): [string, string][] | undefined {
    this.#hpack.write(block);
    this.#hpack.execute();
    const fields: [string, string][] = [];
    for (let field = this.#hpack.read(); field; field = this.#hpack.read()) {
      // As long as it would be in HTTP/1.1.
      this.#fieldBytes += field.name.length + field.value.length + 4;
      if (this.#fieldBytes > maxHeaderBytes) return undefined;
      fields.push([field.name, field.value]);
    }
    return fields;
  }

  #data(flags: number, stream: number, payload: Buffer): Progress {
    if (!this.#isOpened(stream)) return this.malformed(`data of stream ${stream}, which was not opened`);
    const piece = unpadded(payload, flags & padded);
    if (!piece) return this.malformed("padding longer than its frame");
    const isLast = (flags & endStream) !== 0;
    if (piece.length === 0 && !isLast) return this.#countControl() ? Progress.more : this.#tooManyFrames();
    return stream === this.#stream ? this.takeBody(piece, isLast) : Progress.more;
  }
}

/** What is left of a request's body, and how much of it the server takes now (RFC 9113, 5.2 and 6.9). */
class Upload {
  #sent = 0;
  /** What the request began with has used both windows up. */
  #ofConnection = 0;
  #ofStream = 0;
  #initial = maxRequestBytes;

  constructor(
    private readonly rest: Uint8Array,
    private readonly write: (bytes: Uint8Array) => void,
  ) {}

  settings(payload: Buffer): void {
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== initialWindowSize) continue;
      const size = payload.readUInt32BE(at + 2);
      // May leave less than nothing, which is then filled up first.
      this.#ofStream += size - this.#initial;
      this.#initial = size;
    }
    this.#send();
  }

  widen(stream: number, by: number): void {
    if (stream === 0) this.#ofConnection += by;
    else if (stream === 1) this.#ofStream += by;
    this.#send();
  }

  #send(): void {
    const size = Math.min(this.#ofConnection, this.#ofStream, this.rest.length - this.#sent);
    if (size <= 0) return;
    const piece = this.rest.subarray(this.#sent, this.#sent + size);
    this.#sent += size;
    this.#ofConnection -= size;
    this.#ofStream -= size;
    this.write(Buffer.concat(dataFrames(1, piece, this.#sent === this.rest.length)));
  }
}

/** "8 (CANCEL)" */
function errorText(code: number): string {
  return errorNames[code] ? `${code} (${errorNames[code]})` : `${code}`;
}

function unpadded(payload: Buffer, flags: number): Buffer | undefined {
  const padding = flags & padded ? (payload[0] ?? 0) : 0;
  const start = (flags & padded ? 1 : 0) + (flags & priority ? 5 : 0);
  return start + padding > payload.length ? undefined : payload.subarray(start, payload.length - padding);
}
