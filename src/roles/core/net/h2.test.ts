import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { frame } from "../../../testing/h2_frame.ts";
import { encodeCancel, encodeData, encodeH2, maxRequestBytes } from "./h2.ts";
import { H2Call, maxCallBytes } from "./h2_call.ts";
import { Progress } from "./http_parser.ts";

const settings = frame(4, 0, 0);
/** `:status 200` from the static table. */
const headers = Buffer.from([0x88]);
const trailers = Buffer.concat([Buffer.from([0, 11]), Buffer.from("grpc-status"), Buffer.from([1]), Buffer.from("0")]);
const whole = Buffer.concat([settings, frame(1, 4, 1, headers), frame(0, 0, 1, Buffer.from("hello")), frame(1, 5, 1, trailers)]);

function read(...pieces: Buffer[]) {
  const written: Buffer[] = [];
  const reader = new H2Call((bytes) => void written.push(Buffer.from(bytes)));
  let progress = Progress.more;
  for (const piece of pieces) {
    progress = reader.push(piece);
    if (progress !== Progress.more) break;
  }
  return { reader, progress, written };
}

test("an answer is read, whole or byte by byte, and settings are acknowledged", () => {
  for (const pieces of [[whole], [...whole].map((byte) => Buffer.from([byte]))]) {
    const { reader, progress, written } = read(...pieces);
    expect(progress).toBe(Progress.complete);
    expect(reader.fields).toEqual([[":status", "200"], ["grpc-status", "0"]]);
    expect(Buffer.concat(reader.pieces).toString()).toBe("hello");
    expect(written).toEqual([frame(4, 1, 0)]);
  }
});

test("pings are answered, padding and priority are taken off, unknown frames are passed over", () => {
  const padded = Buffer.concat([Buffer.from([3, 0, 0, 0, 1, 16]), headers, Buffer.alloc(3)]);
  const { reader, written } = read(settings, frame(6, 0, 0, Buffer.from("12345678")), frame(99, 0, 0), frame(1, 4 | 8 | 32, 1, padded), frame(0, 8, 1, Buffer.from([1, 65, 0])));
  expect(reader.fields).toEqual([[":status", "200"]]);
  expect(Buffer.concat(reader.pieces).toString()).toBe("A");
  expect(written[1]).toEqual(frame(6, 1, 0, Buffer.from("12345678")));
});

test("a connection has several streams, one after the other, and what is late on an earlier one is passed over", () => {
  const { reader, progress } = read(settings, Buffer.concat([frame(1, 4, 1, headers), frame(0, 0, 1, Buffer.from("old"))]));
  expect(progress).toBe(Progress.more);
  reader.follow(3);
  const table = Buffer.concat([Buffer.from([0x40, 1]), Buffer.from("a"), Buffer.from([1]), Buffer.from("b")]);
  // The first block puts a field into the connection's table, the second one names it by its number there.
  expect(reader.push(Buffer.concat([frame(0, 0, 1, Buffer.from("late")), frame(1, 5, 1, table), frame(3, 0, 1, Buffer.alloc(4)), frame(1, 4, 3, Buffer.from([0x88, 0xbe]))]))).toBe(Progress.more);
  expect(reader.push(Buffer.concat([frame(0, 0, 3, Buffer.from("new")), frame(1, 5, 3, trailers), frame(6, 0, 0, Buffer.from("12345678"))]))).toBe(Progress.complete);
  expect(reader.fields).toEqual([[":status", "200"], ["a", "b"], ["grpc-status", "0"]]);
  expect(reader.lastBlockAt).toBe(2);
  expect(Buffer.concat(reader.pieces).toString()).toBe("new");
  reader.follow(5);
  expect(reader.push(frame(1, 5, 5, headers))).toBe(Progress.complete);
});

test("a header block goes on where it began, and not on another stream that is open", () => {
  const { reader } = read(settings);
  reader.follow(3);
  expect(reader.push(Buffer.concat([frame(1, 0, 1, headers), frame(9, 4, 3, headers)]))).toBe(Progress.failed);
  expect(reader.failure?.message).toContain("interrupted");
});

describe("what is wrong ends the call", () => {
  const goAway = (last: number, code: number) => {
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(last);
    payload.writeUInt32BE(code, 4);
    return frame(7, 0, 0, payload);
  };
  const cases: [string, Buffer[], string][] = [
    ["HTTP/1.1", [Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")], "the server answers HTTP/1.1, not HTTP/2"],
    ["no settings first", [frame(1, 4, 1, headers)], "does not begin with settings"],
    ["a frame larger than was agreed", [settings, frame(0, 0, 1, Buffer.alloc(16_385))], "frame of 16385 bytes"],
    ["a reset", [settings, frame(3, 0, 1, Buffer.from([0, 0, 0, 8]))], "HTTP/2 error 8"],
    ["a refusal", [settings, goAway(0, 11)], "GOAWAY with error 11"],
    ["a push", [settings, frame(5, 4, 1, headers)], "a push"],
    ["a header block that is interrupted", [settings, frame(1, 0, 1, headers), settings], "interrupted"],
    ["a continuation of nothing", [settings, frame(9, 4, 1, headers)], "continuation of nothing"],
    ["padding longer than the frame", [settings, frame(0, 8, 1, Buffer.from([200, 1]))], "padding"],
    ["headers that cannot be decompressed", [settings, frame(1, 4, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))], "decompressed"],
  ];
  for (const [what, pieces, message] of cases) {
    test(what, () => {
      const { reader, progress } = read(...pieces);
      expect(progress).toBe(Progress.failed);
      expect(reader.failure?.message).toContain(message);
    });
  }
  test("but not a farewell that still answers this call", () => {
    expect(read(settings, goAway(1, 0), frame(1, 4, 1, headers), frame(1, 5, 1, trailers)).progress).toBe(Progress.complete);
  });
});

describe("floods stop", () => {
  const flood = (first: Buffer[], piece: Buffer, most: number) => {
    const { reader } = read(settings, ...first);
    let pushed = 0;
    while (pushed <= most && reader.push(piece) === Progress.more) pushed++;
    expect(pushed).toBeLessThan(most);
    expect(reader.failure?.kind).toBe("http_too_large");
  };
  test("of continuations", () => flood([frame(1, 0, 1, headers)], frame(9, 0, 1, Buffer.alloc(1_000)), 100));
  test("of empty continuations", () => flood([frame(1, 0, 1, headers)], frame(9, 0, 1), 1_100));
  test("of settings and pings", () => flood([], settings, 1_100));
  test("of body", () => flood([frame(1, 4, 1, headers)], frame(0, 0, 1, Buffer.alloc(16_384)), 300));
});

test("no bytes make the reader throw or keep too much", () => {
  const pieces = fc.array(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constant(whole), fc.tuple(fc.nat(10), fc.nat(255), fc.uint8Array({ maxLength: 40 })).map(([type, flags, payload]) => frame(type, flags, 1, payload))), { maxLength: 8 });
  fc.assert(
    fc.property(pieces, (all) => {
      const { reader } = read(settings, ...all.map((piece) => Buffer.from(piece)));
      expect(reader.bodyBytes).toBeLessThanOrEqual(maxCallBytes);
    }),
    { numRuns: 1_000 },
  );
});

test("a request is one write: preface, headers, and its body in frames that every server takes", () => {
  const request = { path: "/a.B/C", authority: "x", isSecure: false, headers: [["x-long", "v".repeat(300)]] as [string, string][], body: Buffer.alloc(40_000) };
  const bytes = Buffer.from(encodeH2(request));
  expect(bytes.toString("latin1", 0, 24)).toBe("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const frames: [number, number, number][] = [];
  for (let at = 24; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) frames.push([bytes[at + 3]!, bytes[at + 4]!, bytes.readUIntBE(at, 3)]);
  expect(frames.map(([type]) => type)).toEqual([4, 8, 1, 0, 0, 0]);
  expect(frames.slice(3)).toEqual([[0, 0, 16_384], [0, 0, 16_384], [0, 1, 7_232]]);
  const open = Buffer.from([...encodeH2({ ...request, body: Buffer.from("x"), stream: 3, continues: true })]);
  expect([open[3], open.readUInt32BE(5)]).toEqual([1, 3]);
  expect([...open.subarray(-10)]).toEqual([...frame(0, 0, 3, Buffer.from("x"))]);
  expect([...encodeData(3, Buffer.from("y"))]).toEqual([...frame(0, 0, 3, Buffer.from("y"))]);
  expect([...encodeCancel(3)]).toEqual([...frame(3, 0, 3, Buffer.from([0, 0, 0, 8]))]);
  expect(() => encodeH2({ ...request, body: Buffer.alloc(maxRequestBytes + 1) })).toThrow("at most 65535 can be sent");
});
