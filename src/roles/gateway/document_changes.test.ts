import { expect, test } from "bun:test";
import { changesBetween } from "./document_changes.ts";

const before = { version: 1, updatedAt: "a", name: "Shop", target: { url: "http://a/", headers: { Authorization: "***" } }, tags: {}, assertions: [{ source: "status", value: "200" }], schedule: { every: "60s", nextRunAt: "x" } };

test("a change is told place by place, and what only follows from it is not", () => {
  const after = { ...before, version: 2, updatedAt: "b", name: "Store", tags: { env: "prod" }, assertions: [{ source: "status", value: "200-299" }], schedule: { every: "30s", nextRunAt: "y" } };
  expect(changesBetween(before, after, {}).changes).toEqual([
    { at: "/name", before: "Shop", after: "Store" },
    { at: "/tags/env", after: "prod" },
    { at: "/assertions/0/value", before: "200", after: "200-299" },
    { at: "/schedule/every", before: "60s", after: "30s" },
  ]);
});

test("a list that grew is told as a whole, and what was taken away has no value any more", () => {
  const { tags: _tags, ...rest } = before;
  const after = { ...rest, assertions: [], dependsOn: ["chk_2"] };
  expect(changesBetween({ ...before, tags: { env: "prod" } }, after, {}).changes).toEqual([
    { at: "/tags", before: { env: "prod" } },
    { at: "/assertions", before: before.assertions, after: [] },
    { at: "/dependsOn", after: ["chk_2"] },
  ]);
});

test("that a secret took another value is told, and its value is not", () => {
  const patch = { target: { headers: { Authorization: "Bearer s3cret" } } };
  const told = changesBetween(before, before, patch);
  expect(told).toEqual({ changes: [{ at: "/target/headers/Authorization", secret: true }] });
  expect(changesBetween(before, before, { target: { headers: { Authorization: "***" } } }).changes).toEqual([]);
});

test("what would not fit in an entry is cut and counted", () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`h${i}`, "x".repeat(5_000)]));
  const told = changesBetween({ target: {} }, { target: many }, {});
  expect(told.more).toBe(10);
  expect(JSON.stringify(told).length).toBeLessThan(8_192);
});
