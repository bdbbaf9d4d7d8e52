import { expect, test } from "bun:test";
import { toBinary } from "@bufbuild/protobuf";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { checkOf, openEnvironment, type TrialCheck } from "../../testing/run_check.ts";
import { createPreparedChecks } from "./prepared_checks.ts";

const encoded = (trial: TrialCheck) => toBinary(CheckSchema, checkOf(trial));
const tcp = (port: number) => encoded({ type: "tcp", target: { host: "127.0.0.1", port } });
const withToken = encoded({ target: { url: "http://127.0.0.1/", auth: { type: "oauth2", tokenUrl: "http://127.0.0.1/token", clientId: "me", clientSecret: "secret" } } });

/** Each is asked for once, at a time of its own, in milliseconds. */
function checksUsedAt(kept: number, times: number[]) {
  const checks = createPreparedChecks(() => openEnvironment, kept);
  for (const no of times.keys()) checks.set(no, tcp(1 + no));
  return { checks, runnables: times.map((ms, no) => checks.get(no, ms)) };
}

test("beyond so many, one that has not run for ten seconds is let go, and prepared again when its turn comes", () => {
  const { checks, runnables } = checksUsedAt(2, [0, 1_000, 12_000]);
  expect(checks.get(1, 12_000)).toBe(runnables[1]!);
  expect(checks.get(2, 12_000)).toBe(runnables[2]!);
  const again = checks.get(0, 12_000);
  expect(again).not.toBe(runnables[0]!);
  expect(again.prepared).toMatchObject({ problem: undefined, timeoutMs: runnables[0]!.prepared.timeoutMs });
});

test("those that run often are all kept, however many they are, until they no longer do", () => {
  const { checks, runnables } = checksUsedAt(2, [0, 1, 2, 3, 4, 5]);
  for (const [no, runnable] of runnables.entries()) expect(checks.get(no, 9_000)).toBe(runnable);
  for (const no of [6, 7, 8]) checks.set(no, tcp(1 + no));
  // Each that comes now lets two go.
  for (const no of [6, 7, 8]) checks.get(no, 30_000);
  expect(runnables.filter((runnable, no) => checks.get(no, 30_000) === runnable)).toEqual([]);
});

test("one that remembers a token is never let go", () => {
  const checks = createPreparedChecks(() => openEnvironment, 1);
  checks.set(0, withToken);
  const first = checks.get(0, 0);
  expect(first.prepared.problem).toBeUndefined();
  for (const no of [1, 2, 3]) {
    checks.set(no, tcp(no));
    checks.get(no, no * 20_000);
  }
  expect(checks.get(0, 90_000)).toBe(first);
});

test("a new version is prepared anew", () => {
  const { checks, runnables } = checksUsedAt(2, [0, 0]);
  checks.set(0, tcp(11));
  expect(checks.get(0, 20_000)).not.toBe(runnables[0]!);
  expect(checks.get(1, 20_000)).toBe(runnables[1]!);
});
