import { describe, expect, test } from "bun:test";
import { encode, type Answer } from "dns-packet";
import fc from "fast-check";
import { recordTypes } from "#ports/targets/dns";
import { answers, encodeQuery, framed, MessageReader, readMessage, rcodeName } from "./dns_message.ts";
import { ipv6Text, recordText, typeName, typeNumber } from "./dns_records.ts";

const message = (record: object) => encode({ type: "response", id: 1, flags: 0, questions: [{ name: "x.test", type: "A" }], answers: [record as Answer] });

function textOf(record: object): string {
  const read = readMessage(message({ name: "x.test", ttl: 60, ...record }));
  return recordText(read, read.answer[0]!);
}

/** A record with these bytes as its data. */
const raw = (type: number, hex: string) => textOf({ type: `UNKNOWN_${type}`, data: Buffer.from(hex.replaceAll(" ", ""), "hex") });

test("every type that a check may ask for has its fields", () => {
  for (const type of recordTypes) expect(typeName(typeNumber(type))).toBe(type);
});

describe("the data of a record reads as in a zone file:", () => {
  const table: [object, string][] = [
    [{ type: "A", data: "192.0.2.1" }, "192.0.2.1"],
    [{ type: "AAAA", data: "2001:db8:0:0:1:0:0:1" }, "2001:db8::1:0:0:1"],
    [{ type: "NS", data: "NS1.Example" }, "ns1.example."],
    [{ type: "CNAME", data: "." }, "."],
    [{ type: "PTR", data: "host.example" }, "host.example."],
    [{ type: "MX", data: { preference: 10, exchange: "mail.example" } }, "10 mail.example."],
    [{ type: "TXT", data: ["v=spf1 ", "-all"] }, "v=spf1 -all"],
    [{ type: "TXT", data: ["grüße"] }, "grüße"],
    [{ type: "SRV", data: { priority: 1, weight: 2, port: 5060, target: "sip.example" } }, "1 2 5060 sip.example."],
    [{ type: "CAA", data: { flags: 128, tag: "issue", value: 'ca.example; a="b"' } }, '128 issue "ca.example; a=\\"b\\""'],
    [{ type: "NAPTR", data: { order: 100, preference: 10, flags: "u", services: "E2U+sip", regexp: "!^.*$!sip:x!", replacement: "." } }, '100 10 "u" "E2U+sip" "!^.*$!sip:x!" .'],
    [{ type: "SOA", data: { mname: "ns.example", rname: "host\\.master.example", serial: 4_294_967_295, refresh: 1, retry: 2, expire: 3, minimum: 4 } }, "ns.example. host\\.master.example. 4294967295 1 2 3 4"],
    [{ type: "DS", data: { keyTag: 20_326, algorithm: 8, digestType: 2, digest: Buffer.from("e06d44", "hex") } }, "20326 8 2 E06D44"],
    [{ type: "DNSKEY", data: { flags: 257, algorithm: 13, key: Buffer.from("mdsswUyr", "base64") } }, "257 3 13 mdsswUyr"],
    [{ type: "TLSA", data: { usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from("d2ab", "hex") } }, "3 1 1 D2AB"],
    [{ type: "SSHFP", data: { algorithm: 4, hash: 2, fingerprint: "ab".repeat(32) } }, `4 2 ${"AB".repeat(32)}`],
  ];
  for (const [record, expected] of table) test(`${(record as { type: string }).type} ${expected}`, () => expect(textOf(record)).toBe(expected));

  test("service bindings, which the library does not write", () => {
    expect(raw(65, "0001 00")).toBe("1 .");
    expect(raw(65, "0001 00 0001 0006 026832 026833 0004 0008 c0000201 c0000202 0006 0010 20010db8000000000000000000000001")).toBe('1 . alpn="h2,h3" ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1');
    expect(raw(64, "0002 03737663 07 6578616d706c65 00 0000 0002 0003 0003 0002 20fb 0002 0000 0005 0002 abcd 029a 0003 61 22 00")).toBe('2 svc.example. mandatory=port port=8443 no-default-alpn ech=q80= key666="a\\"\\000"');
  });
  test("a type that is not known, as RFC 3597 says", () => {
    expect(raw(999, "c0ff ee")).toBe("\\# 3 c0ffee");
    expect(raw(999, "")).toBe("\\# 0");
    expect([typeName(65), typeName(999), typeNumber("CAA")]).toEqual(["HTTPS", "TYPE999", 257]);
  });
  test("a fingerprint of a hash that nobody knows yet", () => {
    expect(raw(44, "04 09 aabbcc")).toBe("4 9 AABBCC");
  });
});

test("data of a wrong shape is told from data of its type", () => {
  expect(() => raw(1, "c00002")).toThrow("the A record is too short");
  expect(() => raw(1, "c0000201ff")).toThrow("the A record has 1 bytes too many");
  expect(() => raw(16, "05 6162")).toThrow("the TXT record is too short");
  expect(() => raw(15, "000a c00c 00")).toThrow("the MX record has 1 bytes too many");
  expect(() => raw(65, "0001 00 0004 0003 c00002")).toThrow("a parameter of a service record has a wrong length");
});

test("a name shows what it holds, so that no two names read the same", () => {
  expect(raw(2, "03 612e62 03 5c0a20 01 e9 00")).toBe("a\\.b.\\\\\\010\\032.\\233.");
});

test("addresses are written as RFC 5952 says", () => {
  const of = (hex: string) => ipv6Text(Buffer.from(hex, "hex"));
  expect(of("00000000000000000000000000000000")).toBe("::");
  expect(of("00000000000000000000000000000001")).toBe("::1");
  expect(of("20010db8000000000000000000000000")).toBe("2001:db8::");
  expect(of("20010db8000000010001000100010001")).toBe("2001:db8:0:1:1:1:1:1");
});

test("an answer belongs to its question whatever the case, and to no other", () => {
  const query = encodeQuery({ name: "Web.x.test.", type: 1 }, { recursion: true, dnssec: false, edns: false });
  const reply = (change: (bytes: Buffer) => void = () => {}) => {
    const bytes = Buffer.from(query);
    bytes[2] = 0x81;
    change(bytes);
    return bytes;
  };
  expect(answers(reply(), query)).toBe(true);
  expect(answers(reply((bytes) => bytes.write("wEB", 13)), query)).toBe(true);
  expect(answers(reply((bytes) => bytes.write("wab", 13)), query)).toBe(false);
  expect(answers(reply((bytes) => (bytes[1] = 9)), query)).toBe(false);
  expect(answers(reply((bytes) => (bytes[bytes.length - 3] = 28)), query)).toBe(false);
  expect(answers(query, query)).toBe(false);
  expect(answers(reply().subarray(0, 11), query)).toBe(false);
  const noQuestion = reply((bytes) => (bytes[5] = 0)).subarray(0, 12);
  expect(answers(noQuestion, query)).toBe(false);
  noQuestion[3] = 1;
  expect(answers(noQuestion, query)).toBe(true);
});

test("the upper bits of an rcode come from EDNS", () => {
  const bytes = encode({ type: "response", id: 1, additionals: [{ type: "OPT", name: ".", udpPayloadSize: 1_232, extendedRcode: 1, ednsVersion: 0, flags: 0, flag_do: false, options: [] }] });
  expect(rcodeName(readMessage(bytes).rcode)).toBe("BADVERS");
  expect([rcodeName(5), rcodeName(99)]).toEqual(["REFUSED", "RCODE99"]);
});

test("no domain name is too long, and none has an empty label", () => {
  const flags = { recursion: true, dnssec: true, edns: true };
  expect(() => encodeQuery({ name: `${"a".repeat(64)}.test`, type: 1 }, flags)).toThrow("is not a domain name");
  expect(() => encodeQuery({ name: Array.from({ length: 5 }, () => "a".repeat(60)).join("."), type: 1 }, flags)).toThrow("is not a domain name");
  expect(() => encodeQuery({ name: "a..test", type: 1 }, flags)).toThrow("is not a domain name");
  expect(encodeQuery({ name: ".", type: 2 }, flags)[12]).toBe(0);
});

test("a stream may come in any pieces", () => {
  const query = encodeQuery({ name: "x.test", type: 1 }, { recursion: true, dnssec: false, edns: true });
  const reader = new MessageReader();
  const pieces = [...framed(query)].map((byte) => reader.take(Buffer.from([byte])));
  expect(pieces.slice(0, -1).every((piece) => piece === undefined)).toBe(true);
  expect(pieces.at(-1)).toEqual(query);
});

test("whatever comes in is read in no time, or refused with a reason", () => {
  const whole = encode({
    type: "response",
    id: 1,
    questions: [{ name: "x.test", type: "A" }],
    answers: [{ type: "MX", name: "x.test", ttl: 1, data: { preference: 1, exchange: "a.x.test" } }, { type: "TXT", name: "x.test", ttl: 1, data: ["abc"] }],
  });
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length)).map(([at, byte, end]) => Buffer.from(whole).fill(byte, at, at + 1).subarray(0, end)),
  );
  fc.assert(
    fc.property(hostile, (bytes) => {
      try {
        const read = readMessage(Buffer.from(bytes));
        for (const record of read.answer) recordText(read, record);
      } catch (error) {
        expect((error as Error).message).toMatch(/^(a |the |\d+ bytes are no message)/);
      }
    }),
    { numRuns: 3_000 },
  );
  // Names that are all pointers, each to the one before: the dearest there is.
  const pointers = Buffer.alloc(65_535, 0);
  for (let at = 14; at + 1 < pointers.length; at += 2) pointers.writeUInt16BE(0xc000 | Math.min(at - 2, 0x3fff), at);
  pointers.writeUInt16BE(65_535, 6);
  const begun = performance.now();
  expect(() => readMessage(pointers)).toThrow();
  expect(performance.now() - begun).toBeLessThan(500);
});
