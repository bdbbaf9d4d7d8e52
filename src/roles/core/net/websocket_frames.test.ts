import { describe, expect, test } from "bun:test";
import { closePayload, encodeFrame, maxMessageBytes, opcodes, WebSocketReader, type Violation, type WebSocketEvent } from "./websocket_frames.ts";

/** Reads `bytes` in pieces of a size that `cut` chooses. */
function read(bytes: Uint8Array, cut: (left: number) => number = (left) => left, isFromClient = false): { events: WebSocketEvent[]; violation: Violation | undefined } {
  const events: WebSocketEvent[] = [];
  const reader = new WebSocketReader((event) => {
    // Copied, because a test compares them later.
    events.push("bytes" in event ? { ...event, bytes: Buffer.from(event.bytes) } : event);
    return true;
  }, isFromClient);
  for (let at = 0; at < bytes.length; ) {
    const size = Math.max(1, cut(bytes.length - at));
    const violation = reader.push(bytes.subarray(at, at + size));
    if (violation) return { events, violation };
    at += size;
  }
  return { events, violation: undefined };
}

/** Numbers that look random and are the same each time (Park and Miller). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const text = (words: string) => ({ type: "text", bytes: Buffer.from(words) });

describe("frames are written", () => {
  test("as the examples of the RFC show", () => {
    expect(encodeFrame(opcodes.text, Buffer.from("Hello"))).toEqual(hex("81 05 48 65 6c 6c 6f"));
    expect(encodeFrame(opcodes.text, Buffer.from("Hello"), hex("37 fa 21 3d"))).toEqual(hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
    expect(encodeFrame(opcodes.binary, Buffer.alloc(256)).subarray(0, 4)).toEqual(hex("82 7e 01 00"));
    expect(encodeFrame(opcodes.binary, Buffer.alloc(65_536)).subarray(0, 10)).toEqual(hex("82 7f 00 00 00 00 00 01 00 00"));
  });
  test("and read again the same, of every size, in any pieces, with and without a mask", () => {
    const random = numbersFrom(7);
    for (let turn = 0; turn < 300; turn++) {
      const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, random(200_000)];
      const payload = Buffer.alloc(sizes[random(sizes.length)]!, `ä${turn}`).subarray(0);
      const opcode = turn % 2 === 0 ? opcodes.binary : opcodes.ping;
      const sent = opcode === opcodes.ping ? payload.subarray(0, 125) : payload;
      const mask = turn % 3 === 0 ? Buffer.from([random(256), random(256), random(256), random(256)]) : undefined;
      const { events, violation } = read(encodeFrame(opcode, sent, mask), (left) => 1 + random(left), mask !== undefined);
      expect(violation).toBeUndefined();
      expect(events).toEqual([{ type: opcode === opcodes.ping ? "ping" : "binary", bytes: Buffer.from(sent) }]);
    }
  });
});

describe("messages are read", () => {
  test("out of fragments, with control frames in between", () => {
    const frames = [encodeFrame(opcodes.text, Buffer.from("gr\u00c3", "latin1"), undefined, false), encodeFrame(opcodes.ping, Buffer.from("?")), encodeFrame(opcodes.continuation, Buffer.alloc(0), undefined, false), encodeFrame(opcodes.continuation, Buffer.from("\u00b6\u00c3\u009fe", "latin1")), encodeFrame(opcodes.text, Buffer.from("next"))];
    expect(read(Buffer.concat(frames), () => 1).events as unknown[]).toEqual([{ type: "ping", bytes: Buffer.from("?") }, text("größe"), text("next")]);
  });
  test("a close with code and reason, and one without", () => {
    expect(read(encodeFrame(opcodes.close, closePayload(1008, "no"))).events).toEqual([{ type: "close", code: 1008, reason: "no" }]);
    expect(read(encodeFrame(opcodes.close, Buffer.alloc(0))).events).toEqual([{ type: "close", code: 1005, reason: "" }]);
  });
  test("no further once the taker has had enough", () => {
    const events: WebSocketEvent[] = [];
    const reader = new WebSocketReader((event) => events.push(event) < 1);
    reader.push(Buffer.concat([encodeFrame(opcodes.text, Buffer.from("one")), encodeFrame(opcodes.text, Buffer.from("two"))]));
    expect(events).toHaveLength(1);
  });
});

describe("what the RFC forbids is a violation", () => {
  const part = encodeFrame(opcodes.text, Buffer.from("a"), undefined, false);
  const table: [string, Uint8Array, Violation["closeCode"], string][] = [
    ["a reserved bit", hex("c1 00"), 1002, "a reserved bit is set"],
    ["a reserved opcode", hex("83 00"), 1002, "unknown opcode 3"],
    ["a reserved control opcode", hex("8b 00"), 1002, "unknown opcode 11"],
    ["a mask from a server", encodeFrame(opcodes.text, Buffer.from("a"), hex("01 02 03 04")), 1002, "a masked frame from a server"],
    ["a long ping", encodeFrame(opcodes.ping, Buffer.alloc(126)), 1002, "a control frame of 126 bytes"],
    ["a ping in fragments", encodeFrame(opcodes.ping, Buffer.alloc(1), undefined, false), 1002, "a control frame in fragments"],
    ["a continuation of nothing", encodeFrame(opcodes.continuation, Buffer.from("a")), 1002, "a continuation of nothing"],
    ["a message in a message", Buffer.concat([part, encodeFrame(opcodes.text, Buffer.from("b"))]), 1002, "a message within another one"],
    ["two bytes of length for five", hex("81 7e 00 05"), 1002, "a length of 5 written too long"],
    ["eight bytes of length for three hundred", hex("82 7f 00 00 00 00 00 00 01 2c"), 1002, "a length of 300 written too long"],
    ["a negative length", hex("82 7f ff ff ff ff ff ff ff ff"), 1002, "a length of 18446744073709552000 written too long"],
    ["a frame of 1 TiB", hex("82 7f 00 00 01 00 00 00 00 00"), 1009, "a message of more than 1048576 bytes"],
    ["text that is not UTF-8", encodeFrame(opcodes.text, hex("ff fe")), 1007, "a text that is not UTF-8"],
    ["a reason that is not UTF-8", encodeFrame(opcodes.close, Buffer.concat([closePayload(1000), hex("ff")])), 1007, "a close reason that is not UTF-8"],
    ["half a close code", encodeFrame(opcodes.close, hex("03")), 1002, "a close frame of one byte"],
    ["a close code that is never sent", encodeFrame(opcodes.close, closePayload(1006)), 1002, "a close frame with the code 1006"],
    ["a close code out of range", encodeFrame(opcodes.close, closePayload(2999)), 1002, "a close frame with the code 2999"],
  ];
  for (const [what, bytes, closeCode, problem] of table) {
    test(what, () => {
      expect(read(bytes).violation).toEqual({ closeCode, problem });
      expect(read(bytes, () => 1).violation).toEqual({ closeCode, problem });
    });
  }
  test("no mask from a client", () => {
    expect(read(hex("81 00"), undefined, true).violation?.problem).toBe("a frame without a mask from a client");
  });
  test("fragments that add up to too much, and frames that never end", () => {
    const more = encodeFrame(opcodes.continuation, Buffer.alloc(500_000), undefined, false);
    expect(read(Buffer.concat([part, more, more, more])).violation).toEqual({ closeCode: 1009, problem: `a message of more than ${maxMessageBytes} bytes` });
    const empty = encodeFrame(opcodes.continuation, Buffer.alloc(0), undefined, false);
    expect(read(Buffer.concat([part, Buffer.alloc(70_000 * 2, empty)])).violation).toEqual({ closeCode: 1009, problem: "more than 65536 frames" });
  });
});

test("random bytes are read or refused, and never throw or hang", () => {
  const random = numbersFrom(99);
  const startedAt = performance.now();
  for (let turn = 0; turn < 20_000; turn++) {
    const bytes = Buffer.from(Array.from({ length: random(64) }, () => random(256)));
    // Half of them begin as a frame would.
    if (bytes.length > 1 && turn % 2 === 0) [bytes[0], bytes[1]] = [(random(2) << 7) | [0, 1, 2, 8, 9, 10][random(6)]!, random(128)];
    const { violation } = read(bytes, (left) => 1 + random(left), turn % 5 === 0);
    if (violation) expect([1002, 1007, 1009]).toContain(violation.closeCode);
  }
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

test("a message of a megabyte that comes byte by byte takes a moment", () => {
  const frame = encodeFrame(opcodes.binary, Buffer.alloc(maxMessageBytes));
  const startedAt = performance.now();
  expect(read(frame, () => 1).events).toHaveLength(1);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
