import { expect, test } from "bun:test";
import type { Baseline, BaselineStore } from "./baselines.ts";

const someBaseline: Baseline = { tenantId: "ten_a", checkId: "chk_01", kind: "graphql_schema", hash: "ab12", text: "type Query {\n  ü: Int\n}", setAtMs: 1_767_225_600_000 };

/** The law for every adapter of `BaselineStore`. `open` gives an empty store. */
export function baselineStoreConformance(open: () => Promise<{ baselines: BaselineStore } & AsyncDisposable>): void {
  test("a baseline comes back as it was set", async () => {
    await using opened = await open();
    expect(await opened.baselines.get("ten_a", "chk_01", "graphql_schema")).toBeUndefined();
    await opened.baselines.put(someBaseline);
    expect(await opened.baselines.get("ten_a", "chk_01", "graphql_schema")).toEqual(someBaseline);
  });

  test("one that is set again replaces the one before, of this check alone", async () => {
    await using opened = await open();
    const next = { ...someBaseline, hash: "cd34", text: "type Query", setAtMs: someBaseline.setAtMs + 1 };
    await opened.baselines.put(someBaseline);
    await opened.baselines.put({ ...someBaseline, checkId: "chk_02" });
    await opened.baselines.put(next);
    expect(await opened.baselines.get("ten_a", "chk_01", "graphql_schema")).toEqual(next);
    expect((await opened.baselines.get("ten_a", "chk_02", "graphql_schema"))?.hash).toBe("ab12");
  });

  test("a removed one is gone, and may be set again", async () => {
    await using opened = await open();
    await opened.baselines.put(someBaseline);
    expect(await opened.baselines.remove("ten_a", "chk_01")).toBe(true);
    expect(await opened.baselines.remove("ten_a", "chk_01")).toBe(false);
    expect(await opened.baselines.get("ten_a", "chk_01", "graphql_schema")).toBeUndefined();
    await opened.baselines.put(someBaseline);
    expect(await opened.baselines.get("ten_a", "chk_01", "graphql_schema")).toEqual(someBaseline);
  });

  test("no tenant sees, replaces or removes a baseline of another", async () => {
    await using opened = await open();
    await opened.baselines.put(someBaseline);
    expect(await opened.baselines.get("ten_b", "chk_01", "graphql_schema")).toBeUndefined();
    expect(await opened.baselines.remove("ten_b", "chk_01")).toBe(false);
    await opened.baselines.put({ ...someBaseline, tenantId: "ten_b", hash: "ff" });
    expect(await opened.baselines.get("ten_a", "chk_01", "graphql_schema")).toEqual(someBaseline);
  });
}
