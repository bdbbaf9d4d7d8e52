/** Certificates are read back by another implementation than the one that wrote them. */
import { describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { integer, oid, time } from "./der.ts";
import { hostsOf, rolesOf } from "./identity.ts";
import { commonNameOf, issueLeaf, makeAuthority } from "./issue.ts";

const fromMs = Date.UTC(2026, 0, 1);

describe("DER", () => {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  test("integers are never negative, and as short as can be", () => {
    expect([0n, 127n, 128n, 256n].map((value) => hex(integer(value)))).toEqual(["020100", "02017f", "02020080", "02020100"]);
  });
  test("object identifiers", () => expect(hex(oid("1.2.840.10045.4.3.2"))).toBe("06082a8648ce3d040302"));
  test("times have two digits of the year until 2049, and four from then on", () => {
    const text = (epochMs: number) => Buffer.from(time(epochMs)).subarray(2).toString();
    expect([text(Date.UTC(2049, 11, 31, 23, 59, 59)), text(Date.UTC(2050, 0, 1))]).toEqual(["491231235959Z", "20500101000000Z"]);
  });
});

test("what is written is read back: names, times, powers, and who signed", () => {
  const authority = makeAuthority("an authority", { fromMs, untilMs: Date.UTC(2060, 0, 1) });
  const ca = new X509Certificate(authority.cert);
  expect([commonNameOf(ca), ca.ca, ca.validTo, ca.verify(ca.publicKey)]).toEqual(["an authority", true, "Jan  1 00:00:00 2060 GMT", true]);
  const hosts = ["localhost", "*.eu.internal", "10.1.2.3", "2001:db8::1:0:2", "::1", "fe80::"];
  const leaf = new X509Certificate(issueLeaf(authority, { hosts, roles: ["core", "metrics"], validity: { fromMs, untilMs: fromMs + 86_400_000 } }).cert);
  expect(hostsOf(leaf.subjectAltName)).toEqual(["localhost", "*.eu.internal", "10.1.2.3", "2001:db8::1:0:2", "::1", "fe80::"]);
  expect(rolesOf(leaf.subjectAltName)).toEqual(["core", "metrics"]);
  expect([leaf.ca, leaf.checkIssued(ca), leaf.verify(ca.publicKey), leaf.validFrom, leaf.validTo]).toEqual([false, true, true, "Jan  1 00:00:00 2026 GMT", "Jan  2 00:00:00 2026 GMT"]);
});

test("no two certificates have one serial number or one key", () => {
  const authority = makeAuthority("an authority", { fromMs, untilMs: fromMs + 1_000 });
  const leaves = Array.from({ length: 20 }, () => issueLeaf(authority, { hosts: ["a"], roles: ["core"], validity: { fromMs, untilMs: fromMs + 1_000 } }));
  expect(new Set(leaves.map(({ cert }) => new X509Certificate(cert).serialNumber)).size).toBe(20);
  expect(new Set(leaves.map(({ key }) => key)).size).toBe(20);
});
