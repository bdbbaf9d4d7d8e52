import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Progress, ResponseParser } from "./http_parser.ts";

const limits = { maxBytes: 100_000, keepBytes: 50_000 };

interface Parsed {
  status: number;
  body: string;
  problem: string | undefined;
  isComplete: boolean;
}

/** Feeds a response in the pieces given, then closes the connection if it is not complete yet. */
function parse(pieces: string[], isHead = false): Parsed {
  const parser = new ResponseParser(isHead, limits);
  let progress = Progress.more;
  for (const piece of pieces) {
    progress = parser.push(Buffer.from(piece, "latin1"));
    if (progress !== Progress.more) break;
  }
  const isComplete = progress === Progress.complete;
  if (progress === Progress.more) parser.end();
  return { status: parser.status, body: Buffer.concat(parser.pieces).toString("latin1"), problem: parser.failure?.message, isComplete };
}

const good: Record<string, [string, Partial<Parsed>]> = {
  "a sized body": ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", { status: 200, body: "ok", isComplete: true }],
  "an empty body": ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", { status: 200, body: "", isComplete: true }],
  "no reason phrase": ["HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", { status: 404, isComplete: true }],
  "bare line feeds": ["HTTP/1.0 200 OK\nContent-Length: 2\n\nok", { status: 200, body: "ok", isComplete: true }],
  "a body until the close": ["HTTP/1.0 200 OK\r\n\r\nsome text", { status: 200, body: "some text", problem: undefined }],
  "interim answers before the real one": ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 204 None\r\n\r\n", { status: 204, isComplete: true }],
  "304 with a length and no body": ["HTTP/1.1 304 Same\r\nContent-Length: 10\r\n\r\n", { status: 304, isComplete: true }],
  "the same length twice": ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", { body: "ok", isComplete: true }],
  "chunks, extensions and trailers": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nExpires: never\r\n\r\n", { body: "abcdefg", isComplete: true }],
  "chunk sizes in either case": ["HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\nA\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", { body: "01234567890123456789", isComplete: true }],
  "bytes after the end": ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more", { body: "ok", isComplete: true }],
  "a header without a value": ["HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Length: 0\r\n\r\n", { isComplete: true }],
  "tabs in a value": ["HTTP/1.1 200 OK\r\nX-Tab:\ta\tb\r\nContent-Length: 0\r\n\r\n", { isComplete: true }],
};

const bad: Record<string, [string, string]> = {
  "another protocol": ["SSH-2.0-OpenSSH_9.2\r\n", "not HTTP/1.1"],
  "HTTP/0.9": ["<html>hello</html>", "not HTTP/1.1"],
  "HTTP/2 in plain": ["HTTP/2 200\r\n\r\n", "not HTTP/1.1"],
  "a status of five digits": ["HTTP/1.1 99999 Odd\r\n\r\n", "status line"],
  "a status of two digits": ["HTTP/1.1 20 OK\r\n\r\n", "status line"],
  "a status of letters": ["HTTP/1.1 abc\r\n\r\n", "status line"],
  "a status below 100": ["HTTP/1.1 099 Low\r\n\r\n", "status line"],
  "an unknown minor version": ["HTTP/1.7 200 OK\r\n\r\n", "status line"],
  "two different lengths": ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello", "two different"],
  "two different lengths in one header": ["HTTP/1.1 200 OK\r\nContent-Length: 5, 7\r\n\r\nhello", "Content-Length"],
  "a negative length": ["HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "Content-Length"],
  "a signed length": ["HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "Content-Length"],
  "a hexadecimal length": ["HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok", "Content-Length"],
  "an empty length": ["HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nok", "Content-Length"],
  "a length beyond numbers": ["HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "Content-Length"],
  "length and chunks at once": ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "both"],
  "another transfer coding": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "Transfer-Encoding"],
  "chunked twice": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding"],
  "a NUL in the head": ["HTTP/1.1 200 OK\r\nX-A: a\0b\r\n\r\n", "control character"],
  "a bare carriage return": ["HTTP/1.1 200 OK\r\nX-A: a\rb\r\n\r\n", "control character"],
  "a folded header": ["HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\n\r\n", "folded"],
  "a header without a colon": ["HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "header line"],
  "a header without a name": ["HTTP/1.1 200 OK\r\n: value\r\n\r\n", "header line"],
  "a space before the colon": ["HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", "header line"],
  "a chunk size that is no number": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\nabc\r\n", "chunk size"],
  "a negative chunk size": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n", "chunk size"],
  "a huge chunk size": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n", "12 digits"],
  "a chunk longer than its size": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n", "longer than its size"],
  "a chunk size ended by a line feed alone": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n", "chunk size"],
};

const unfinished: Record<string, [string, string]> = {
  "nothing at all": ["", "before an answer"],
  "half a head": ["HTTP/1.1 200 OK\r\nContent-", "in the middle of the response head"],
  "an interim answer alone": ["HTTP/1.1 100 Continue\r\n\r\n", "in the middle of the response head"],
  "half a body": ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789", "after 10 of 100 body bytes"],
  "no last chunk": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "before the last chunk"],
};

for (const [what, [text, expected]] of Object.entries(good)) {
  test(`${what} is read, whole or byte by byte`, () => {
    expect(parse([text])).toMatchObject(expected);
    expect(parse(text.split(""))).toMatchObject(expected);
  });
}

for (const [what, [text, expected]] of Object.entries({ ...bad, ...unfinished })) {
  test(`${what} is refused, whole or byte by byte`, () => {
    expect(parse([text]).problem).toContain(expected);
    expect(parse(text.split("")).problem).toContain(expected);
  });
}

describe("limits", () => {
  test("a head that never ends stops at 64 KB", () => {
    const parser = new ResponseParser(false, limits);
    parser.push(Buffer.from("HTTP/1.1 200 OK\r\n"));
    const line = Buffer.from(`X: ${"y".repeat(1_000)}\r\n`);
    let pushed = 0;
    while (parser.push(line) === Progress.more) pushed++;
    expect(pushed).toBeLessThan(66);
    expect(parser.failure?.kind).toBe("http_too_large");
  });
  test("a declared length beyond the limit is not waited for", () => {
    const parser = new ResponseParser(false, limits);
    expect(parser.push(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"))).toBe(Progress.failed);
    expect(parser.failure?.kind).toBe("http_too_large");
  });
  test("a body without a length stops at the limit, and only so much is kept", () => {
    const parser = new ResponseParser(false, limits);
    parser.push(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"));
    expect(parser.push(Buffer.alloc(60_000))).toBe(Progress.more);
    expect(parser.push(Buffer.alloc(60_000))).toBe(Progress.failed);
    expect(Buffer.concat(parser.pieces).length).toBe(50_000);
  });
  test("chunks that carry almost nothing stop too", () => {
    const parser = new ResponseParser(false, { maxBytes: 10_000_000, keepBytes: 0 });
    parser.push(Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    const tiny = Buffer.from(`1;${"x".repeat(1_000)}\r\na\r\n`);
    let pushed = 0;
    while (parser.push(tiny) === Progress.more) pushed++;
    expect(pushed).toBeLessThan(1_100);
  });
  test("a head that drips in costs no more than its length allows", () => {
    const parser = new ResponseParser(false, limits);
    const head = `HTTP/1.1 200 OK\r\nX: ${"y".repeat(60_000)}\r\nContent-Length: 0\r\n\r\n`;
    const startedAt = performance.now();
    let progress = Progress.more;
    for (const char of head) progress = parser.push(Buffer.from(char));
    expect(progress).toBe(Progress.complete);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});

test("headers keep their order and their duplicates, names in lower case", () => {
  const parser = new ResponseParser(false, limits);
  parser.push(Buffer.from("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-B:  two \r\nset-cookie: b=2\r\nContent-Length: 0\r\n\r\n"));
  expect(parser.headers).toEqual([["set-cookie", "a=1"], ["x-b", "two"], ["set-cookie", "b=2"], ["content-length", "0"]]);
});

test("where a response is cut into pieces makes no difference", () => {
  const texts = [...Object.values(good), ...Object.values(bad)].map(([text]) => text);
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(fc.nat(200), { maxLength: 8 }), (text, cuts) => {
      const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
      const pieces = at.slice(1).map((end, index) => text.slice(at[index], end)).filter((piece) => piece !== "");
      const { problem: _, ...cut } = parse(pieces);
      const { problem: __, ...whole } = parse([text]);
      expect({ ...cut, failed: _ !== undefined }).toEqual({ ...whole, failed: __ !== undefined, status: cut.status });
    }),
    { numRuns: 500 },
  );
});

test("no bytes make it throw or keep more than it may", () => {
  const bytes = fc.array(fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.constantFrom(...Object.values(good).map(([text]) => Buffer.from(text)))), { maxLength: 6 });
  fc.assert(
    fc.property(bytes, (pieces) => {
      const parser = new ResponseParser(false, { maxBytes: 1_000, keepBytes: 10 });
      for (const piece of pieces) if (parser.push(Buffer.from(piece)) !== Progress.more) break;
      parser.end();
      if (parser.contentEncoding === "") expect(Buffer.concat(parser.pieces).length).toBeLessThanOrEqual(10);
    }),
    { numRuns: 1_000 },
  );
});
