/** The answer to an HTTP request over HTTP/2, read as strictly and within the same bounds as one over HTTP/1.1. */
import { H2Reader } from "./h2.ts";
import { maxEncodedBytes, Progress, type BodyLimits, type ResponseReader } from "./http_parser.ts";

export class H2Response extends H2Reader implements ResponseReader {
  readonly version = "2";
  status = 0;
  contentEncoding = "";
  isHeadComplete = false;
  headers: [string, string][] = [];
  #length = -1;
  #keptBytes = 0;

  constructor(
    private readonly hasNoBody: boolean,
    private readonly limits: BodyLimits,
    write: (bytes: Uint8Array) => void,
  ) {
    super(write);
  }

  /** Of the answer, an interim one included; the server's settings come before anybody was asked. */
  get hasBegun(): boolean {
    return this.status > 0;
  }

  /** The peer closed before the stream had ended. */
  end(): Progress {
    if (!this.isHeadComplete) return this.fail("connection_reset", this.hasBegun ? "connection closed in the middle of the response head" : "connection closed before an answer: the server may not speak HTTP/2");
    return this.fail("connection_reset", `connection closed after ${this.bodyBytes}${this.#length < 0 ? "" : ` of ${this.#length}`} body bytes`);
  }

  protected override takeFields(fields: [string, string][], isLast: boolean): Progress {
    const problem = problemOf(fields, this.isHeadComplete);
    if (problem !== undefined) return this.malformed(problem);
    // Trailers end the answer; nothing is read from them, as in HTTP/1.1.
    if (this.isHeadComplete) return isLast ? this.#whole() : this.malformed("headers in the middle of its body");
    this.status = Number(fields[0]![1]);
    if (this.status < 200) return isLast || this.status === 101 ? this.malformed(`an answer that ends with status ${this.status}`) : Progress.more;
    this.isHeadComplete = true;
    this.headers = fields.slice(1);
    for (const [name, value] of this.headers) {
      if (name === "content-encoding") this.contentEncoding = value.toLowerCase();
      if (name === "content-length" && !this.#readLength(value)) return this.malformed(`content-length ${JSON.stringify(value.slice(0, 40))}`);
    }
    if (this.hasNoBody || this.status === 204 || this.status === 304) return Progress.complete;
    if (isLast) return this.#whole();
    return this.#length > this.limits.maxBytes ? this.#tooLarge(`a body of ${this.#length} bytes`) : Progress.more;
  }

  protected override takeBody(piece: Buffer, isLast: boolean): Progress {
    if (!this.isHeadComplete) return this.malformed("a body before its head");
    this.bodyBytes += piece.length;
    if (this.bodyBytes > this.limits.maxBytes) return this.#tooLarge(`more than ${this.limits.maxBytes} body bytes`);
    const left = (this.contentEncoding === "" ? this.limits.keepBytes : maxEncodedBytes) - this.#keptBytes;
    if (left > 0 && piece.length > 0) {
      const kept = piece.subarray(0, left);
      this.pieces.push(kept);
      this.#keptBytes += kept.length;
    }
    return isLast ? this.#whole() : Progress.more;
  }

  #readLength(value: string): boolean {
    const length = /^\d{1,15}$/.test(value) ? Number(value) : -1;
    if (length < 0 || (this.#length >= 0 && this.#length !== length)) return false;
    this.#length = length;
    return true;
  }

  #whole(): Progress {
    if (this.#length < 0 || this.#length === this.bodyBytes) return Progress.complete;
    return this.malformed(`a body of ${this.bodyBytes} bytes with content-length ${this.#length}`);
  }

  #tooLarge(what: string): Progress {
    return this.fail("http_too_large", `response too large: ${what}, at most ${this.limits.maxBytes} are read`);
  }
}

/** Headers that belong to a connection, which HTTP/2 does not let through (RFC 9113, 8.2.2). */
const ofConnection = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** What is wrong with a header block (RFC 9113, 8.2 and 8.3.2): other clients refuse it too. */
function problemOf(fields: [string, string][], areTrailers: boolean): string | undefined {
  for (const [index, [name, value]] of fields.entries()) {
    if (name.startsWith(":")) {
      if (areTrailers || index > 0 || name !== ":status") return `header ${quoted(name)} in the wrong place`;
      if (!/^[1-9]\d\d$/.test(value)) return `status ${quoted(value)}`;
    } else {
      if (index === 0 && !areTrailers) return "it has no status";
      if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name)) return `header name ${quoted(name)}`;
      if (/[\0\r\n]/.test(value)) return `a line break in header ${quoted(name)}`;
      if (ofConnection.has(name)) return `header ${quoted(name)}, which HTTP/2 forbids`;
    }
  }
  return fields.length === 0 && !areTrailers ? "it has no status" : undefined;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
