/**
 * A strict HTTP/1.1 response parser (RFC 9112): what two parsers could read in two ways is refused.
 * It never copies a body, keeps no more of it than it is told to, and makes no header objects until somebody asks.
 */
import { ChunkReader } from "./chunk_reader.ts";
import { failure, type Failure } from "./failure.ts";

export interface BodyLimits {
  /** Longest body that is read at all. */
  maxBytes: number;
  /** How much of an unencoded body is kept for assertions and excerpts. */
  keepBytes: number;
}

/** One answer as it is read, whatever the protocol's version. */
export interface ResponseReader {
  readonly version: string;
  readonly status: number;
  readonly bodyBytes: number;
  readonly failure: Failure | undefined;
  /** Raw bytes of the body as sent, at most what the limits let be kept. */
  readonly pieces: Buffer[];
  readonly contentEncoding: string;
  readonly isHeadComplete: boolean;
  /** Names in lower case, in the order sent. */
  readonly headers: [string, string][];
  push(bytes: Buffer): Progress;
  /** The peer closed. */
  end(): Progress;
}

/** What `push` and `end` say: more bytes are needed, the response is whole, or `failure` is set. */
export const enum Progress {
  more,
  complete,
  failed,
}

const enum State {
  head,
  sized,
  untilClose,
  chunked,
  over,
}

const maxHeadBytes = 65_536;
/** An encoded body must be kept whole to be decoded. */
export const maxEncodedBytes = 2_097_152;

const lf = 10;
const cr = 13;
const space = 32;
const colon = 58;

/** Characters of a token (RFC 9110, 5.6.2), which is what header names are made of. */
const isToken = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") isToken[char.charCodeAt(0)] = 1;

const prefix = Buffer.from("HTTP/1.");

export class ResponseParser implements ResponseReader {
  status = 0;
  bodyBytes = 0;
  failure: Failure | undefined;
  /** Raw bytes of the body as sent, chunking removed, at most what the limits let be kept. */
  readonly pieces: Buffer[] = [];
  contentEncoding = "";
  /** What came right after a head that no body belongs to: the first bytes of the protocol that was switched to. */
  rest: Buffer | undefined;

  #state = State.head;
  #head: Buffer | undefined;
  #pending: Buffer | undefined;
  #headBytes = 0;
  #keptBytes = 0;
  #length = -1;
  #isChunked = false;
  #chunks: ChunkReader | undefined;
  #headers: [string, string][] | undefined;

  constructor(
    private readonly hasNoBody: boolean,
    private readonly limits: BodyLimits,
  ) {}

  get isHeadComplete(): boolean {
    return this.#head !== undefined;
  }

  get version(): string {
    return this.#head?.[7] === 48 ? "1.0" : "1.1";
  }

  /** Names in lower case, in the order sent. */
  get headers(): [string, string][] {
    this.#headers ??= this.#head ? splitHeaders(this.#head.toString("latin1")) : [];
    return this.#headers;
  }

  push(bytes: Buffer): Progress {
    if (this.#state !== State.head) return this.#body(bytes, 0);
    let all = bytes;
    if (this.#pending) {
      all = Buffer.concat([this.#pending, bytes]);
      // A head that drips in is read again only when a line ended: reading it all for each byte would be quadratic.
      if (all.length <= maxHeadBytes && bytes.indexOf(lf) < 0) {
        this.#pending = all;
        return Progress.more;
      }
    }
    return this.#parseHead(all);
  }

  /** The peer closed: complete only for a body that ends with the connection. */
  end(): Progress {
    if (this.#state === State.untilClose) return Progress.complete;
    if (this.#state === State.head) {
      const begun = (this.#pending?.length ?? 0) > 0 || this.#headBytes > 0;
      return this.#fail("connection_reset", begun ? "connection closed in the middle of the response head" : "connection closed before an answer");
    }
    const expected = this.#isChunked ? "before the last chunk" : `after ${this.bodyBytes} of ${this.#length} body bytes`;
    return this.#fail("connection_reset", `connection closed ${expected}`);
  }

  #fail(kind: "http_malformed" | "http_too_large" | "connection_reset", message: string): Progress {
    this.failure = failure(kind, message);
    this.#state = State.over;
    return Progress.failed;
  }

  #malformed(what: string): Progress {
    return this.#fail("http_malformed", `malformed response: ${what}`);
  }

  #parseHead(bytes: Buffer): Progress {
    let at = 0;
    for (;;) {
      const end = this.#readHead(bytes, at);
      if (end === -2) return Progress.failed;
      if (end === -1 || this.#headBytes + end - at > maxHeadBytes) {
        if (this.#headBytes + bytes.length - at > maxHeadBytes) return this.#fail("http_too_large", `response head is larger than ${maxHeadBytes} bytes`);
        this.#pending = at === 0 ? bytes : bytes.subarray(at);
        return Progress.more;
      }
      this.#headBytes += end - at;
      // Interim answers (100, 103) may come in any number before the real one.
      if (this.status >= 200 || this.status === 101) {
        this.#head = bytes.subarray(at, end);
        this.#pending = undefined;
        return this.#beginBody(bytes, end);
      }
      at = end;
    }
  }

  /** Reads one head from `at`; answers the position after it, -1 when it is not all there, -2 when it is wrong. */
  #readHead(bytes: Buffer, at: number): number {
    const size = bytes.length;
    // A head that came in pieces is read again from its start, and an interim answer frames nothing.
    this.#length = -1;
    this.#isChunked = false;
    this.contentEncoding = "";
    for (let index = 0; index < prefix.length && at + index < size; index++) {
      if (bytes[at + index] === prefix[index]) continue;
      if (isHttp2(bytes, at)) return this.#wrong("it is an HTTP/2 frame, so the server speaks HTTP/2 only");
      return this.#wrong(`it begins with ${quoted(bytes, at, Math.min(size, at + 24))}, not HTTP/1.1`);
    }
    let line = at;
    let isFirst = true;
    let position = at;
    while (position < size) {
      const byte = bytes[position]!;
      if (byte === lf) {
        const end = position > line && bytes[position - 1] === cr ? position - 1 : position;
        if (isFirst) {
          if (!this.#readStatusLine(bytes, line, end)) return -2;
          isFirst = false;
        } else if (end === line) return position + 1;
        else if (!this.#readField(bytes, line, end)) return -2;
        line = position + 1;
      } else if (byte < space && byte !== 9 && (byte !== cr || (position + 1 < size && bytes[position + 1] !== lf))) {
        return this.#wrong(`a control character (${byte}) in its head`);
      }
      position++;
    }
    return -1;
  }

  #wrong(what: string): number {
    this.#malformed(what);
    return -2;
  }

  #readStatusLine(bytes: Buffer, start: number, end: number): boolean {
    const minor = bytes[start + 7]!;
    const digits = (bytes[start + 9]! - 48) * 100 + (bytes[start + 10]! - 48) * 10 + (bytes[start + 11]! - 48);
    const areDigits = isDigit(bytes[start + 9]) && isDigit(bytes[start + 10]) && isDigit(bytes[start + 11]);
    const isWell = end - start >= 12 && (minor === 48 || minor === 49) && bytes[start + 8] === space && areDigits;
    if (!isWell || digits < 100 || (end - start > 12 && bytes[start + 12] !== space)) {
      this.#malformed(`status line ${quoted(bytes, start, Math.min(end, start + 40))}`);
      return false;
    }
    this.status = digits;
    return true;
  }

  #readField(bytes: Buffer, start: number, end: number): boolean {
    let at = start;
    while (at < end && isToken[bytes[at]!] === 1) at++;
    if (at === start || bytes[at] !== colon || at >= end) {
      const first = bytes[start];
      const what = first === space || first === 9 ? "a folded header line" : "header line";
      this.#malformed(`${what} ${quoted(bytes, start, Math.min(end, start + 40))}`);
      return false;
    }
    // Only these lengths can be one of the three names that frame the body.
    const length = at - start;
    if (length === 14 || length === 16 || length === 17) return this.#readFraming(bytes.toString("latin1", start, at).toLowerCase(), bytes.toString("latin1", at + 1, end).trim());
    return true;
  }

  #readFraming(name: string, value: string): boolean {
    if (name === "content-encoding") this.contentEncoding = value.toLowerCase();
    if (name === "content-length") {
      const length = lengthOf(value);
      if (length < 0 || (this.#length >= 0 && this.#length !== length)) {
        this.#malformed(this.#length >= 0 ? "two different Content-Length headers" : `Content-Length ${JSON.stringify(value.slice(0, 40))}`);
        return false;
      }
      this.#length = length;
    }
    if (name === "transfer-encoding") {
      if (this.#isChunked || value.toLowerCase() !== "chunked") {
        this.#malformed(`Transfer-Encoding ${JSON.stringify(value.slice(0, 40))}`);
        return false;
      }
      this.#isChunked = true;
    }
    return true;
  }

  #beginBody(bytes: Buffer, at: number): Progress {
    if (this.#isChunked && this.#length >= 0) return this.#malformed("both Content-Length and Transfer-Encoding");
    if (this.hasNoBody || this.status === 204 || this.status === 304 || this.status === 101 || this.#length === 0) {
      this.#state = State.over;
      if (at < bytes.length) this.rest = bytes.subarray(at);
      return Progress.complete;
    }
    if (this.#length > this.limits.maxBytes) return this.#tooLarge(`a body of ${this.#length} bytes`);
    if (this.#isChunked) {
      this.#state = State.chunked;
      this.#chunks = new ChunkReader((piece) => this.#take(piece));
    } else this.#state = this.#length >= 0 ? State.sized : State.untilClose;
    return at < bytes.length ? this.#body(bytes, at) : Progress.more;
  }

  #tooLarge(what: string): Progress {
    return this.#fail("http_too_large", `response too large: ${what}, at most ${this.limits.maxBytes} are read`);
  }

  #body(bytes: Buffer, at: number): Progress {
    switch (this.#state) {
      case State.sized: {
        const wanted = this.#length - this.bodyBytes;
        const end = Math.min(bytes.length, at + wanted);
        this.#take(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
        if (this.bodyBytes < this.#length) return Progress.more;
        this.#state = State.over;
        return Progress.complete;
      }
      case State.untilClose:
        if (!this.#take(at === 0 ? bytes : bytes.subarray(at))) return this.#tooLarge(`more than ${this.limits.maxBytes} body bytes`);
        return Progress.more;
      case State.chunked:
        return this.#readChunks(bytes, at);
      default:
        return this.failure ? Progress.failed : Progress.complete;
    }
  }

  #readChunks(bytes: Buffer, at: number): Progress {
    const outcome = this.#chunks!.read(bytes, at);
    if (outcome === "more") return Progress.more;
    if (outcome === "too large") return this.#tooLarge(`more than ${this.limits.maxBytes} body bytes`);
    if (outcome !== "complete") return this.#malformed(outcome);
    this.#state = State.over;
    return Progress.complete;
  }

  /** Counts a piece of body and keeps what may be kept; false when the body has become too long. */
  #take(piece: Buffer): boolean {
    this.bodyBytes += piece.length;
    if (this.bodyBytes > this.limits.maxBytes) return false;
    const limit = this.contentEncoding === "" ? this.limits.keepBytes : maxEncodedBytes;
    if (this.#keptBytes < limit) {
      const kept = this.#keptBytes + piece.length > limit ? piece.subarray(0, limit - this.#keptBytes) : piece;
      this.pieces.push(kept);
      this.#keptBytes += kept.length;
    }
    return true;
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}

/** How an HTTP/2 server begins (RFC 9113, 3.4): a SETTINGS frame of stream 0, or GOAWAY when it has read our request. */
function isHttp2(bytes: Buffer, at: number): boolean {
  const type = bytes[at + 3];
  return bytes.length >= at + 9 && bytes[at] === 0 && (type === 4 || type === 7) && bytes.readUInt32BE(at + 5) === 0;
}

function quoted(bytes: Buffer, start: number, end: number): string {
  return JSON.stringify(bytes.toString("latin1", start, end));
}

function splitHeaders(head: string): [string, string][] {
  const headers: [string, string][] = [];
  for (const line of head.split("\n").slice(1)) {
    const at = line.indexOf(":");
    if (at > 0) headers.push([line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()]);
  }
  return headers;
}

/** The length that the header says, though it may say it several times; -1 when it says none or two. */
function lengthOf(value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  const [first, ...others] = value.split(",").map((part) => part.trim());
  return others.every((other) => other === first) && /^\d{1,15}$/.test(first!) ? Number(first) : -1;
}
