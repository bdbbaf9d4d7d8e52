import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { frame } from "../../../testing/h2_frame.ts";
import { encodeH2, maxRequestBytes } from "./h2.ts";
import { H2Response } from "./h2_response.ts";
import { Progress } from "./http_parser.ts";

/** Literal fields without indexing; names and values shorter than 127 bytes. */
const fields = (...pairs: [string, string][]) => Buffer.concat(pairs.map(([name, value]) => Buffer.from(`\0${String.fromCharCode(name.length)}${name}${String.fromCharCode(value.length)}${value}`, "latin1")));
const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const settings = frame(4, 0, 0);
const limits = { maxBytes: 100, keepBytes: 10 };

function read(...pieces: Buffer[]) {
  const response = new H2Response(false, limits, () => {});
  let progress = Progress.more;
  for (const piece of [settings, ...pieces]) if (progress === Progress.more) progress = response.push(piece);
  return { response, progress };
}

test("an answer is read: interim ones before it, its head, what may be kept of its body, its trailers", () => {
  const frames = [
    frame(1, 4, 1, fields([":status", "103"], ["link", "</a>"])),
    frame(1, 4, 1, fields([":status", "200"], ["content-length", "14"], ["x-a", "1"], ["x-a", "2"])),
    frame(0, 0, 1, Buffer.from("hello ")),
    frame(0, 0, 1, Buffer.from("everyone")),
    frame(1, 5, 1, fields(["x-sum", "3"])),
  ];
  for (const pieces of [frames, [Buffer.concat(frames)], Array.from(Buffer.concat(frames), (byte) => Buffer.from([byte]))]) {
    const { response, progress } = read(...pieces);
    expect(progress).toBe(Progress.complete);
    expect([response.status, response.bodyBytes, Buffer.concat(response.pieces).toString()]).toEqual([200, 14, "hello ever"]);
    expect(response.headers).toEqual([["content-length", "14"], ["x-a", "1"], ["x-a", "2"]]);
  }
});

test("an answer without a body ends with its head", () => {
  for (const status of ["204", "304"]) expect(read(frame(1, 4, 1, fields([":status", status], ["content-length", "5"]))).progress).toBe(Progress.complete);
  const head = new H2Response(true, limits, () => {});
  expect(head.push(Buffer.concat([settings, frame(1, 4, 1, fields([":status", "200"], ["content-length", "5000"]))]))).toBe(Progress.complete);
});

describe("what other clients refuse is refused", () => {
  const cases: [string, Buffer, string][] = [
    ["a status that is none", frame(1, 4, 1, fields([":status", "99"])), 'status "99"'],
    ["a status that is not first", frame(1, 4, 1, fields(["x", "y"], [":status", "200"])), "no status"],
    ["two statuses", frame(1, 4, 1, fields([":status", "200"], [":status", "200"])), "wrong place"],
    ["an upper-case name", frame(1, 4, 1, fields([":status", "200"], ["X-A", "1"])), 'header name "X-A"'],
    ["a line break in a value", frame(1, 4, 1, fields([":status", "200"], ["x-a", "1\r\nb: c"])), "a line break"],
    ["a header of the connection", frame(1, 4, 1, fields([":status", "200"], ["transfer-encoding", "chunked"])), "HTTP/2 forbids"],
    ["two lengths", frame(1, 4, 1, fields([":status", "200"], ["content-length", "5"], ["content-length", "6"])), "content-length"],
    ["101", frame(1, 4, 1, fields([":status", "101"])), "status 101"],
    ["an interim answer that ends", frame(1, 5, 1, fields([":status", "100"])), "status 100"],
    ["a body before its head", frame(0, 0, 1, Buffer.from("x")), "before its head"],
    ["a second head", Buffer.concat([frame(1, 4, 1, fields([":status", "200"])), frame(1, 4, 1, fields(["x", "y"]))]), "in the middle of its body"],
    ["a status among trailers", Buffer.concat([frame(1, 4, 1, fields([":status", "200"])), frame(1, 5, 1, fields([":status", "200"]))]), "wrong place"],
  ];
  for (const [what, bytes, message] of cases) {
    test(what, () => {
      const { response, progress } = read(bytes);
      expect([progress, response.failure?.kind]).toEqual([Progress.failed, "http_malformed"]);
      expect(response.failure?.message).toContain(message);
    });
  }
});

test("a body that is too long is refused, announced or not", () => {
  expect(read(frame(1, 4, 1, fields([":status", "200"], ["content-length", "101"]))).response.failure?.message).toBe("response too large: a body of 101 bytes, at most 100 are read");
  expect(read(frame(1, 4, 1, fields([":status", "200"])), frame(0, 0, 1, Buffer.alloc(101))).response.failure?.kind).toBe("http_too_large");
});

test("a close is told by where it came", () => {
  const end = (...pieces: Buffer[]) => {
    const { response } = read(...pieces);
    response.end();
    return response.failure?.message;
  };
  expect(end()).toBe("connection closed before an answer: the server may not speak HTTP/2");
  expect(end(frame(1, 4, 1, fields([":status", "103"])))).toBe("connection closed in the middle of the response head");
  expect(end(frame(1, 4, 1, fields([":status", "200"], ["content-length", "5"])), frame(0, 0, 1, Buffer.from("abc")))).toBe("connection closed after 3 of 5 body bytes");
});

test("a large request goes out as both windows let it, and not a byte more", () => {
  let sent = 0;
  let ended = false;
  const response = new H2Response(false, limits, (bytes) => {
    for (let at = 0; at < bytes.length; at += 9 + Buffer.from(bytes).readUIntBE(at, 3)) {
      if (bytes[at + 3] !== 0) continue;
      sent += Buffer.from(bytes).readUIntBE(at, 3);
      ended = (bytes[at + 4]! & 1) === 1;
    }
  });
  response.upload(Buffer.alloc(50_000));
  const push = (...frames: Buffer[]) => {
    response.push(Buffer.concat(frames));
    return [sent, ended];
  };
  const initialWindow = (size: number) => frame(4, 0, 0, Buffer.concat([Buffer.from([0, 4]), uint32(size)]));
  // A smaller window than was used already: less than nothing is left.
  expect(push(initialWindow(60_535))).toEqual([0, false]);
  expect(push(frame(8, 0, 0, uint32(100_000)))).toEqual([0, false]);
  expect(push(frame(8, 0, 1, uint32(5_000)))).toEqual([0, false]);
  expect(push(frame(8, 0, 1, uint32(20_000)))).toEqual([20_000, false]);
  expect(push(initialWindow(70_535))).toEqual([30_000, false]);
  expect(push(frame(8, 0, 1, uint32(100_000)))).toEqual([50_000, true]);
});

test("headers larger than a frame are continued", () => {
  const bytes = Buffer.from(encodeH2({ method: "GET", path: "/", authority: "x", isSecure: false, headers: [["x-long", "v".repeat(40_000)]], body: undefined }));
  const frames: [number, number][] = [];
  for (let at = 24; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) frames.push([bytes[at + 3]!, bytes[at + 4]!]);
  expect(frames).toEqual([[4, 0], [8, 0], [1, 1], [9, 0], [9, 4]]);
  expect(maxRequestBytes).toBe(65_535);
});

test("no frames make it throw or keep too much", () => {
  const block = fc.array(fc.tuple(fc.constantFrom(":status", "content-length", "content-encoding", "x", "", ":x"), fc.constantFrom("200", "103", "5", "gzip", "")), { maxLength: 4 }).map((pairs) => fields(...pairs));
  const frames = fc.array(fc.tuple(fc.constantFrom(0, 0, 1, 1, 3, 4, 7, 8, 9), fc.nat(63), fc.nat(2), fc.oneof(block, fc.uint8Array({ maxLength: 60 }))), { maxLength: 10 });
  fc.assert(
    fc.property(frames, (all) => {
      const { response } = read(...all.map(([type, flags, stream, payload]) => frame(type, flags, stream, payload)));
      expect(response.bodyBytes).toBeLessThanOrEqual(limits.maxBytes + 60);
      expect(Buffer.concat(response.pieces).length).toBeLessThanOrEqual(limits.maxBytes);
    }),
    { numRuns: 2_000 },
  );
});
