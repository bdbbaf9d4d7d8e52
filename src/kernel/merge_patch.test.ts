import { expect, test } from "bun:test";
import type { JsonObject } from "@bufbuild/protobuf";
import { mergePatch } from "./merge_patch.ts";

// The examples of RFC 7396, appendix A, whose target and patch are objects.
test.each<[JsonObject, JsonObject, JsonObject]>([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("%j patched with %j is %j", (target, patch, expected) => {
  const before = structuredClone([target, patch]);
  expect(mergePatch(target, patch)).toEqual(expected);
  expect([target, patch]).toEqual(before);
});

test("a patch cannot reach the prototype of anything", () => {
  const patch = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}') as JsonObject;
  mergePatch({ a: 1 }, patch);
  expect("polluted" in {}).toBe(false);
});
