/** The law for every store of checks. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckFilter, CheckStore } from "./checks.ts";

const everything: CheckFilter = { limit: 100, cursor: "", search: "", type: "", tags: {} };

function check(id: string, fields: MessageInitShape<typeof CheckSchema> = {}): Check {
  return create(CheckSchema, { id, tenantId: "ten_1", name: `check ${id}`, type: "http", version: 1, target: { url: "http://x" }, ...(fields as object) });
}

export function checksConformance(open: () => Promise<{ store: CheckStore } & AsyncDisposable>): void {
  test("a stored check reads back as it was", async () => {
    await using at = await open();
    const stored = check("chk_1", { tags: { env: "prod" }, assertions: [{ source: "status", op: "eq", valueJson: "200" }], dependsOn: ["chk_0"], createdAtMs: 1.5e12 });
    await at.store.insert(stored);
    expect(await at.store.find("ten_1", "chk_1")).toEqual(stored);
  });

  test("another tenant neither finds, lists, changes nor removes it", async () => {
    await using at = await open();
    await at.store.insert(check("chk_1"));
    expect(await at.store.find("ten_2", "chk_1")).toBeUndefined();
    expect(await at.store.list("ten_2", everything)).toEqual([]);
    expect(await at.store.replace(check("chk_1", { tenantId: "ten_2", version: 2 }), 1)).toBe(false);
    expect(await at.store.remove("ten_2", "chk_1")).toBe(false);
    expect((await at.store.find("ten_1", "chk_1"))?.version).toBe(1);
  });

  test("of two who saw the same version only one replaces", async () => {
    await using at = await open();
    await at.store.insert(check("chk_1"));
    const outcomes = await Promise.all([at.store.replace(check("chk_1", { name: "a", version: 2 }), 1), at.store.replace(check("chk_1", { name: "b", version: 2 }), 1)]);
    expect(outcomes.filter(Boolean).length).toBe(1);
  });

  test("pages follow each other without a gap or a repeat", async () => {
    await using at = await open();
    for (const id of ["chk_1", "chk_2", "chk_3"]) await at.store.insert(check(id));
    const first = await at.store.list("ten_1", { ...everything, limit: 2 });
    const second = await at.store.list("ten_1", { ...everything, limit: 2, cursor: first.at(-1)!.id });
    expect([...first, ...second].map((found) => found.id)).toEqual(["chk_1", "chk_2", "chk_3"]);
  });

  test("filters by type, by part of the name without case, and by every tag", async () => {
    await using at = await open();
    await at.store.insert(check("chk_1", { name: "Shop", tags: { env: "prod", "a.b": "1" } }));
    await at.store.insert(check("chk_2", { name: "shopping", type: "tcp", tags: { env: "test" } }));
    const ids = async (filter: Partial<CheckFilter>) => (await at.store.list("ten_1", { ...everything, ...filter })).map((found) => found.id);
    expect(await ids({ search: "SHOP" })).toEqual(["chk_1", "chk_2"]);
    expect(await ids({ type: "tcp" })).toEqual(["chk_2"]);
    expect(await ids({ tags: { env: "prod" } })).toEqual(["chk_1"]);
    expect(await ids({ tags: { env: "prod", missing: "x" } })).toEqual([]);
    expect(await ids({ search: "%" })).toEqual([]);
  });

  test("all gives the checks of all tenants", async () => {
    await using at = await open();
    await at.store.insert(check("chk_1"));
    await at.store.insert(check("chk_2", { tenantId: "ten_2" }));
    const found: string[] = [];
    for await (const batch of at.store.all()) found.push(...batch.map((one) => one.id));
    expect(found.toSorted()).toEqual(["chk_1", "chk_2"]);
  });
}
