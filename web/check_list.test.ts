import { describe, expect, test } from "bun:test";
import { countStates, filterOf, listChecks, locationsOf, noFilter, stateOf, tagNamesOf, tagsOf, type Filter } from "./check_list.ts";
import type { ListedCheck } from "./checks_store.ts";
import { unseen } from "./statuses.ts";
import type { State } from "./types.ts";

function check(id: string, name: string, more: Partial<ListedCheck> = {}): ListedCheck {
  return { id, version: 1, name, type: "http", enabled: true, target: { url: `https://${id}.example` }, tags: {}, locations: ["default"], channels: [], ...more };
}

const checks = [
  check("a", "Shop 10", { tags: { env: "prod" } }),
  check("b", "Shop 9", { type: "tcp", target: { host: "db", port: 1 }, locations: ["eu-1", "us-1"] }),
  check("c", "Docs", { tags: { env: "test", team: "web" } }),
  check("d", "Old", { enabled: false }),
];
const states: Record<string, State> = { a: "up", b: "down", c: "up", d: "up" };
const figures: Record<string, [latencyMs: number, uptime24h: number | null, since: string | null]> = { a: [20, 1, "2026-01-03T00:00:00Z"], b: [5, 0.5, "2026-01-01T00:00:00Z"], c: [900, 0.9, "2026-01-02T00:00:00Z"], d: [0, null, null] };
const statusOf = (id: string) => {
  const [latencyMs, uptime24h, since] = figures[id]!;
  return { ...unseen(id), state: states[id]!, uptime24h, since, lastResult: latencyMs ? { id: "", location: "default", startedAt: "", finishedAt: "", status: "up" as const, latencyMs, error: null } : null };
};
const idsOf = (filter: Partial<Filter>) => listChecks(checks, { ...noFilter, ...filter }, statusOf).ids;
const linesOf = (group: string, collapsed: string[] = []) =>
  listChecks(checks, { ...noFilter, group }, statusOf, new Set(collapsed)).lines.map((line) => (line.kind === "group" ? `[${line.name} ${line.ids.length}]` : line.id));

describe("the list of checks", () => {
  test("trouble stands first, what is paused last, names in their order between", () => {
    expect(idsOf({})).toEqual(["b", "c", "a", "d"]);
    expect(idsOf({ sort: "name" })).toEqual(["c", "d", "b", "a"]);
  });

  test("is sorted by what is worst, and what nobody knows is not worst", () => {
    expect(idsOf({ sort: "latency" })).toEqual(["c", "a", "b", "d"]);
    expect(idsOf({ sort: "uptime" })).toEqual(["b", "c", "a", "d"]);
    expect(idsOf({ sort: "since" })).toEqual(["a", "c", "b", "d"]);
  });

  test("every word of a search must be found, in the name, the target or a tag", () => {
    expect(idsOf({ search: "shop PROD" })).toEqual(["a"]);
    expect(idsOf({ search: "db:1" })).toEqual(["b"]);
    expect(idsOf({ search: "nowhere" })).toEqual([]);
  });

  test("filters narrow together", () => {
    expect(idsOf({ state: "paused" })).toEqual(["d"]);
    expect(idsOf({ type: "http", state: "up" })).toEqual(["c", "a"]);
    expect(idsOf({ tag: "env:prod" })).toEqual(["a"]);
    expect(idsOf({ location: "us-1" })).toEqual(["b"]);
  });

  test("groups with trouble stand first, what belongs to none last", () => {
    expect(linesOf("tag:env")).toEqual(["[prod 1]", "a", "[test 1]", "c", "[ 2]", "b", "d"]);
    expect(linesOf("type")).toEqual(["[tcp 1]", "b", "[http 3]", "c", "a", "d"]);
    expect(linesOf("state")).toEqual(["[down 1]", "b", "[up 2]", "c", "a", "[paused 1]", "d"]);
  });

  test("a check at several locations stands in the group of each, and counts once", () => {
    expect(linesOf("location")).toEqual(["[eu-1 1]", "b", "[us-1 1]", "b", "[default 3]", "c", "a", "d"]);
    const { ids, lines } = listChecks(checks, { ...noFilter, group: "location" }, statusOf);
    expect(ids).toEqual(["b", "c", "a", "d"]);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(lines.length);
  });

  test("a group that is folded away keeps its head, and its checks stay part of the list", () => {
    expect(linesOf("type", ["group type http"])).toEqual(["[tcp 1]", "b", "[http 3]"]);
    expect(listChecks(checks, { ...noFilter, group: "type" }, statusOf, new Set(["group type http"])).ids).toHaveLength(4);
  });

  test("states are counted as they are shown", () => {
    expect(Object.fromEntries(countStates(checks, statusOf))).toEqual({ up: 2, down: 1, paused: 1 });
    expect([tagsOf(checks), tagNamesOf(checks), locationsOf(checks)]).toEqual([["env:prod", "env:test", "team:web"], ["env", "team"], ["default", "eu-1", "us-1"]]);
  });

  test("a check that was resumed here waits for its first result", () => {
    expect(stateOf({ enabled: true }, { ...unseen("a"), state: "paused" })).toBe("pending");
  });

  test("a filter comes from the address, and what it does not know it leaves", () => {
    expect(filterOf(new URLSearchParams("state=down&group=tag:env&view=wall&x=1"))).toEqual({ ...noFilter, state: "down", group: "tag:env" });
  });
});
