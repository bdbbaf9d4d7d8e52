import { expect, test } from "bun:test";
import { reasonOf, type Known } from "./check_reason.ts";
import type { BriefResult, Incident } from "./types.ts";

const check = { type: "http", locations: ["default"] };
const result = (message?: string): BriefResult => ({ id: "run_1", location: "default", startedAt: "", finishedAt: "", status: message ? "down" : "up", latencyMs: 1, error: message ? { kind: "timeout", message } : null });
const incident = { timeline: [{ at: "", type: "opened", actor: "system", reason: "failure_threshold_reached" }] } as Incident;
const known = (state: Known["state"], more: Partial<Known> = {}): Known => ({ check, state, status: { lastResult: result() }, incident: undefined, ...more });

test("a check that is down says what failed and why that counts", () => {
  const reason = reasonOf(known("down", { status: { lastResult: result("no answer within 10 s") }, incident }));
  expect(reason).toBe("The last run failed: no answer within 10 s. It failed as often in a row as its threshold asks for.");
});

test("a good run of a check that is down does not make the reason a good one", () => {
  expect(reasonOf(known("down", { incident }))).toStartWith("The last run was good, but not often enough in a row to be believed.");
});

test("one failure below the threshold is told while the check is up", () => {
  expect(reasonOf(known("up", { status: { lastResult: result("reset") } }))).toContain("not often enough in a row to be called down: reset.");
});

test("of several places those that see it down are named, and flapping is said", () => {
  const status = { lastResult: result("reset"), locationsDown: ["eu-1", "us-1"], flapping: true };
  expect(reasonOf(known("down", { check: { type: "http", locations: ["eu-1", "us-1", "ap-1"] }, status }))).toEndWith("Down from eu-1, us-1. Its state changes too often; it is told once, not each time.");
});

test.each(["paused", "maintenance", "pending", "unknown", "up", "degraded"] as const)("%s has a sentence", (state) => {
  expect(reasonOf(known(state))).toMatch(/^[A-Z].*\.$/);
});
