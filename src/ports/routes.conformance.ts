/** The law for every store of routes. */
import { expect, test } from "bun:test";
import type { Route, RouteStore } from "./routes.ts";

export interface RoutesUnderTest extends AsyncDisposable {
  routes: RouteStore;
}

const route = (id: string, change: Partial<Route> = {}): Route => ({
  id,
  tenantId: "ten_1",
  name: id,
  position: 1,
  enabled: true,
  matchers: [{ label: "tag.team", op: "eq", value: "shop" }],
  channels: ["chn_1"],
  continue: false,
  groupBy: ["type"],
  groupWaitMs: 5_000,
  reminderEveryMs: 0,
  escalation: [{ afterMs: 60_000, channels: ["chn_2"] }],
  version: 1,
  createdAtMs: 1,
  updatedAtMs: 1,
  ...change,
});

export function routesConformance(open: () => Promise<RoutesUnderTest>): void {
  test("a route comes back as it was written, to its tenant alone", async () => {
    await using under = await open();
    await under.routes.insert(route("rte_1"));
    expect(await under.routes.find("ten_1", "rte_1")).toEqual(route("rte_1"));
    expect(await under.routes.find("ten_2", "rte_1")).toBeUndefined();
    expect(await under.routes.list("ten_2")).toEqual([]);
    expect(await under.routes.remove("ten_2", "rte_1")).toBe(false);
    expect(await under.routes.replace(route("rte_1", { tenantId: "ten_2", version: 2 }), 1)).toBe(false);
  });

  test("they are listed by position, then by id", async () => {
    await using under = await open();
    for (const one of [route("rte_3"), route("rte_2", { position: 2 }), route("rte_1")]) await under.routes.insert(one);
    expect((await under.routes.list("ten_1")).map(({ id }) => id)).toEqual(["rte_1", "rte_3", "rte_2"]);
  });

  test("a change needs the version that was seen", async () => {
    await using under = await open();
    await under.routes.insert(route("rte_1"));
    expect(await under.routes.replace(route("rte_1", { name: "b", position: 9, version: 2 }), 1)).toBe(true);
    expect(await under.routes.replace(route("rte_1", { name: "c", version: 2 }), 1)).toBe(false);
    expect(await under.routes.find("ten_1", "rte_1")).toMatchObject({ name: "b", position: 9, version: 2 });
    expect(await under.routes.remove("ten_1", "rte_1")).toBe(true);
    expect(await under.routes.remove("ten_1", "rte_1")).toBe(false);
  });
}
