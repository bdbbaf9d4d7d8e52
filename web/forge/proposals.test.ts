import { expect, test } from "bun:test";
import { Problem } from "../api.ts";
import type { JsonObject } from "../types.ts";
import { documentOf, isCall, messagesOf, proposalsFrom } from "./proposals.ts";

const health: JsonObject = { name: "Health of a:1", type: "grpc", target: { mode: "health", service: "" }, schedule: { every: "60s" } };
const call = (method: string): JsonObject => ({ name: `${method} of s.S`, type: "grpc", target: { mode: "call", service: "s.S", method, request: { id: "" } }, schedule: { every: "60s" } });
const checks = [health, call("Get"), call("Put")];
const names = (chosen: string[], withHealth: boolean) => proposalsFrom(checks, new Set(chosen), withHealth).map(({ name }) => name);

test("proposed is what was chosen, or all, with health when it is wanted", () => {
  expect(names([], true)).toEqual(["Health of a:1", "Get of s.S", "Put of s.S"]);
  expect(names(["s.S/Put"], true)).toEqual(["Health of a:1", "Put of s.S"]);
  expect(names(["s.S/Put"], false)).toEqual(["Put of s.S"]);
  expect(names(["s.S/Gone"], false)).toEqual([]);
});

test("a proposal is created with its changes and the defaults, and the rest as it came", () => {
  const [first, get] = proposalsFrom(checks, new Set(), true);
  expect([isCall(first!), isCall(get!)]).toEqual([false, true]);
  const changed = { ...get!, name: " Mine ", request: '{"id":"7"}' };
  expect(documentOf(changed, { every: "5m", timeoutMs: "2000" })).toEqual({ name: "Mine", type: "grpc", target: { mode: "call", service: "s.S", method: "Get", request: { id: "7" } }, schedule: { every: "5m" }, timeoutMs: 2_000 });
  expect(documentOf(first!, { every: "", timeoutMs: "" })).toEqual(health);
});

test("what cannot be sent is told, in words", () => {
  const [get] = proposalsFrom([call("Get")], new Set(), true);
  expect(() => documentOf({ ...get!, request: "{" }, { every: "", timeoutMs: "" })).toThrow("the request is not JSON");
  expect(() => documentOf(get!, { every: "", timeoutMs: "soon" })).toThrow("no number of milliseconds");
  expect(messagesOf(new Problem(422, "x", "bad", [{ pointer: "/name", message: "is taken" }]))).toEqual(["/name is taken"]);
  expect(messagesOf(new Problem(0, "unreachable", "no answer"))).toEqual(["no answer"]);
  expect(messagesOf("odd")).toEqual(["odd"]);
});
