import { describe, expect, test } from "bun:test";
import { countStates, filterChecks, tagsOf, type Filter } from "./check_list.ts";
import { unseen } from "./statuses.ts";
import type { Check, State } from "./types.ts";

function check(id: string, name: string, more: Partial<Check> = {}): Check {
  return { id, version: 1, name, type: "http", enabled: true, target: { url: `https://${id}.example` }, tags: {}, schedule: null, ...more };
}

const checks = [
  check("a", "Shop 10", { tags: { env: "prod" } }),
  check("b", "Shop 9", { type: "tcp", target: { host: "db", port: 1 } }),
  check("c", "Docs"),
  check("d", "Old", { enabled: false }),
];
const states: Record<string, State> = { a: "up", b: "down", c: "up", d: "up" };
const statusOf = (id: string) => ({ ...unseen(id), state: states[id]! });
const all: Filter = { search: "", state: "", type: "", tag: "", sort: "" };

describe("the list of checks", () => {
  test("trouble stands first, what is paused last, names in their order between", () => {
    expect(filterChecks(checks, all, statusOf)).toEqual(["b", "c", "a", "d"]);
    expect(filterChecks(checks, { ...all, sort: "name" }, statusOf)).toEqual(["c", "d", "b", "a"]);
  });

  test("every word of a search must be found, in the name, the target or a tag", () => {
    expect(filterChecks(checks, { ...all, search: "shop PROD" }, statusOf)).toEqual(["a"]);
    expect(filterChecks(checks, { ...all, search: "db:1" }, statusOf)).toEqual(["b"]);
    expect(filterChecks(checks, { ...all, search: "nowhere" }, statusOf)).toEqual([]);
  });

  test("filters narrow together", () => {
    expect(filterChecks(checks, { ...all, state: "paused" }, statusOf)).toEqual(["d"]);
    expect(filterChecks(checks, { ...all, type: "http", state: "up" }, statusOf)).toEqual(["c", "a"]);
    expect(filterChecks(checks, { ...all, tag: "env:prod" }, statusOf)).toEqual(["a"]);
  });

  test("states are counted as they are shown", () => {
    expect(Object.fromEntries(countStates(checks, statusOf))).toEqual({ up: 2, down: 1, paused: 1 });
    expect(tagsOf(checks)).toEqual(["env:prod"]);
  });
});
