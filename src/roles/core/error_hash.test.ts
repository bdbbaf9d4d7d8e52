import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { errorHash, normaliseDetail } from "./error_hash.ts";

const same: [string, string][] = [
  ["timed out after 1003 ms", "timed out after 998 ms"],
  ["timed out after 1.5s", "timed out after 12s"],
  ["no success since 2026-01-01T00:00:00.000Z (2h3m ago)", "no success since 2026-01-02T00:00:00.000Z (1d4h1m30s ago)"],
  ["connect to 10.0.0.5:443 failed: connection refused", "connect to 10.0.0.6:8443 failed: connection refused"],
  ["connect to [fd00::1]:443 failed", "connect to [fd00::2:3]:80 failed"],
  ["resolves to fe80::1 now", "resolves to 2001:db8::7 now"],
  ["request 6f9619ff-8b86-d011-b42d-00c04fc964ff failed", "request 00000000-8b86-d011-b42d-00c04fc964aa failed"],
  ["run run_01J9ZQK8ZJ6V5W3X2Y1T0S9R8Q failed", "run run_01J9ZQK8ZJ6V5W3X2Y1T0S9R8P failed"],
  ["at 2026-01-01T00:00:00.000Z", "at 2025-12-31T23:59:59Z"],
  ["trace 4bf92f3577b34da6a3ce929d0e0e4736", "trace 00f067aa0ba902b7a3ce929d0e0e4736"],
  ["latency 912.3 ms, expected less than 800 ms", "latency 1200 ms, expected less than 800 ms"],
  ["connection closed after 10 of 1000 body bytes", "connection closed after 7 of 1000 body bytes"],
  ["json $.count -5, expected more than 0", "json $.count 12, expected more than 0"],
];

const different: [string, string][] = [
  ["status 500, expected 200-299", "status 404, expected 200-299"],
  ["grpc status 14, expected 0", "grpc status 5, expected 0"],
  ["connection refused", "connection reset"],
  ["the job ended with exit code 3", "the job ended with exit code 4"],
  ["step 1 failed: no answer", "step 2 failed: no answer"],
  ["tls failed: the certificate is not for a.example", "tls failed: the certificate is not for b.example"],
  ["serving status \"NOT_SERVING\"", "serving status \"UNKNOWN\""],
  ["step 1 failed: no answer", "starttls failed: no answer"],
  ["name decade was not found", "name facade was not found"],
];

describe("normalised details", () => {
  for (const [one, other] of same) test(`"${one}" is the same as "${other}"`, () => expect(normaliseDetail(one)).toBe(normaliseDetail(other)));
  for (const [one, other] of different) test(`"${one}" is not "${other}"`, () => expect(normaliseDetail(one)).not.toBe(normaliseDetail(other)));
});

const hash = (message: string, check = "chk_1") => errorHash(check, "http_status", message);

test("check, kind and detail all count", () => {
  expect(hash("status 500")).toMatch(/^[0-9a-f]{64}$/);
  expect(hash("status 500")).not.toBe(hash("status 500", "chk_2"));
  expect(hash("status 500")).not.toBe(errorHash("chk_1", "grpc_status", "status 500"));
  expect(errorHash("a", "internal", "b|8:x")).not.toBe(errorHash("a|8:internal", "internal", "b"));
});

test("whatever the numbers, durations and addresses, it is one error", () => {
  const number = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value.toFixed(2)));
  fc.assert(
    fc.property(number, number, fc.ipV4(), fc.ipV4(), fc.uuid(), fc.uuid(), (n1, n2, ip1, ip2, id1, id2) => {
      const message = (n: string | number, ip: string, id: string) => `call ${id} to ${ip}:443 failed after ${n} ms with ${n} items`;
      expect(hash(message(n1, ip1, id1))).toBe(hash(message(n2, ip2, id2)));
    }),
  );
});

/** What an answer says, with everything in it that differs between two occurrences of one error. */
const noise = fc.record({
  latencyMs: fc.integer({ min: 1, max: 120_000 }),
  id: fc.oneof(fc.uuid(), fc.ulid().map((id) => `run_${id}`), fc.stringMatching(/^[0-9a-f]{32}$/).filter((hex) => /\d/.test(hex) && /[a-f]/.test(hex))),
  at: fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }),
  address: fc.oneof(fc.ipV4(), fc.ipV6().map((address) => `[${address}]`)),
  port: fc.integer({ min: 1, max: 65_535 }),
});
type Noise = typeof noise extends fc.Arbitrary<infer T> ? T : never;

const kinds = ["connect_refused", "connect_timeout", "http_status", "grpc_status", "assertion_failed", "tls_expired", "dns_not_found"] as const;
const classes: ((from: Noise) => string)[] = [
  (from) => `connect to ${from.address}:${from.port} failed: connection refused`,
  (from) => `no answer from ${from.address}:${from.port} within ${from.latencyMs} ms (trace ${from.id})`,
  (from) => `status 503, expected 200-299 at ${from.at.toISOString()}`,
  (from) => `status 404, expected 200-299 at ${from.at.toISOString()}`,
  (from) => `grpc status 14 after ${from.latencyMs} ms`,
  (from) => `grpc status 5 after ${from.latencyMs} ms`,
  (from) => `the certificate expired at ${from.at.toISOString()}`,
];

test("noise never changes the hash; another class of error always does", () => {
  const which = fc.nat(classes.length - 1);
  fc.assert(
    fc.property(noise, noise, which, which, fc.constantFrom(...kinds), fc.constantFrom(...kinds), (one, other, first, second, kind, otherKind) => {
      const hashes = [errorHash("chk_1", kind, classes[first]!(one)), errorHash("chk_1", otherKind, classes[second]!(other))];
      expect(hashes[0] === hashes[1]).toBe(first === second && kind === otherKind);
    }),
    { numRuns: 2_000 },
  );
});

test("whatever the two statuses, they are two errors", () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), fc.integer({ min: 100, max: 599 }), (one, other) => {
      expect(hash(`status ${one}, expected 200-299`) === hash(`status ${other}, expected 200-299`)).toBe(one === other);
    }),
  );
});

test("normalising twice changes nothing more, and no text makes it slow", () => {
  fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => expect(normaliseDetail(normaliseDetail(text))).toBe(normaliseDetail(text))));
  const startedAt = performance.now();
  for (const piece of ["1", "a:", "1.", "f", "0-", " ", "1 ", "2026-01-01T"]) hash(piece.repeat(100_000));
  expect(performance.now() - startedAt).toBeLessThan(500);
});
