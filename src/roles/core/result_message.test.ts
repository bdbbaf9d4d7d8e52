import { expect, test } from "bun:test";
import type { StoredResult } from "#ports/results";
import { messageOfResult } from "./result_message.ts";

const startedAtMs = 1_000_000;
const none = Number.NaN;
const result: StoredResult = {
  sequence: 1,
  tenantId: "ten_1",
  checkId: "chk_1",
  checkNo: 1,
  slotMs: startedAtMs,
  startedAtMs,
  status: "up",
  trigger: "schedule",
  latencyMs: 20,
  dnsMs: none,
  connectMs: 5,
  tlsMs: none,
  firstByteMs: 15,
  transferMs: none,
  lagMs: 0,
  code: 200,
  bodyBytes: 2,
  attempts: 1,
  probeLagMs: 300,
  lostSyns: 0,
  detail: undefined,
};

test("a run ends when its answer was there, with what the probe itself added, which is no latency", () => {
  const { latencyMs, finishedAtMs } = messageOfResult(result);
  expect({ latencyMs, finishedAtMs }).toEqual({ latencyMs: 20, finishedAtMs: startedAtMs + 320 });
});

test("a run of several attempts ends with its last one", () => {
  const attempts = [{ startedAtMs, latencyMs: 40 }, { startedAtMs: startedAtMs + 1_000, latencyMs: 20 }];
  const detail = { error: undefined, observed: {}, assertions: [], attempts };
  expect(messageOfResult({ ...result, detail }).finishedAtMs).toBe(startedAtMs + 1_320);
});
