import { expect, test } from "bun:test";
import type { NewProtoSet, ProtoStore } from "./protos.ts";

const someSet: NewProtoSet = {
  id: "prt_01",
  tenantId: "ten_a",
  name: "shop",
  fileNames: ["shop.proto"],
  sources: [{ name: "shop.proto", text: 'syntax = "proto3";\n' }],
  descriptors: new Uint8Array([0, 255, 10]),
  services: [{ name: "shop.Orders", comment: "Orders.", methods: [] }],
  warnings: [{ file: "shop.proto", line: 2, message: "unused import", severity: "warning" }],
  messages: 3,
  createdAtMs: 1_767_225_600_000,
  reflection: undefined,
};

/** The law for every adapter of `ProtoStore`. `open` gives an empty store. */
export function protoStoreConformance(open: () => Promise<{ protos: ProtoStore } & AsyncDisposable>): void {
  test("a set comes back as it was stored", async () => {
    await using opened = await open();
    const { sources, descriptors, ...outline } = someSet;
    const record = { ...outline, version: 1 };
    expect(await opened.protos.add(someSet, 10)).toEqual(record);
    expect(await opened.protos.get("ten_a", "prt_01")).toEqual(record);
    expect(await opened.protos.sources("ten_a", "prt_01")).toEqual(sources);
    expect([...(await opened.protos.descriptors("ten_a", "prt_01"))!]).toEqual([...descriptors]);
  });

  test("a set that a server described comes back with the server", async () => {
    await using opened = await open();
    const reflection = { address: "shop.example:443", tls: { serverName: "shop" }, offersHealth: true };
    await opened.protos.add({ ...someSet, sources: [], reflection }, 10);
    expect(await opened.protos.get("ten_a", "prt_01")).toMatchObject({ reflection, fileNames: ["shop.proto"] });
    expect(await opened.protos.sources("ten_a", "prt_01")).toEqual([]);
  });

  test("the same name again is the next version, per tenant", async () => {
    await using opened = await open();
    const sets = await Promise.all([opened.protos.add(someSet, 10), opened.protos.add({ ...someSet, id: "prt_02" }, 10)]);
    const elsewhere = await opened.protos.add({ ...someSet, id: "prt_03", tenantId: "ten_b" }, 10);
    expect([sets.map(({ version }) => version).toSorted((a, b) => a - b), elsewhere.version]).toEqual([[1, 2], 1]);
  });

  test("no tenant sees or deletes a set of another", async () => {
    await using opened = await open();
    await opened.protos.add(someSet, 10);
    expect(await opened.protos.get("ten_b", "prt_01")).toBeUndefined();
    expect(await opened.protos.sources("ten_b", "prt_01")).toBeUndefined();
    expect(await opened.protos.descriptors("ten_b", "prt_01")).toBeUndefined();
    expect(await opened.protos.list("ten_b", 10, "")).toEqual([]);
    expect(await opened.protos.delete("ten_b", "prt_01")).toBe(false);
    expect(await opened.protos.get("ten_a", "prt_01")).toBeDefined();
  });

  test("a list is newest first and goes on behind its cursor", async () => {
    await using opened = await open();
    for (const id of ["prt_01", "prt_02", "prt_03"]) await opened.protos.add({ ...someSet, id }, 10);
    const ids = async (limit: number, cursor: string) => (await opened.protos.list("ten_a", limit, cursor)).map((set) => set.id);
    expect(await ids(2, "")).toEqual(["prt_03", "prt_02"]);
    expect(await ids(2, "prt_02")).toEqual(["prt_01"]);
  });

  test("a deleted set is gone with its contents", async () => {
    await using opened = await open();
    await opened.protos.add(someSet, 10);
    expect(await opened.protos.delete("ten_a", "prt_01")).toBe(true);
    expect(await opened.protos.delete("ten_a", "prt_01")).toBe(false);
    expect(await opened.protos.descriptors("ten_a", "prt_01")).toBeUndefined();
  });

  test("of several sets at the same time as many are stored as are allowed", async () => {
    await using opened = await open();
    const added = await Promise.allSettled(["prt_01", "prt_02", "prt_03"].map((id) => opened.protos.add({ ...someSet, id, name: id }, 2)));
    expect(added.filter(({ status }) => status === "fulfilled").length).toBe(2);
    expect((await opened.protos.list("ten_a", 10, "")).length).toBe(2);
  });

  test("one set more than allowed is refused and not stored", async () => {
    await using opened = await open();
    await opened.protos.add(someSet, 1);
    await expect(opened.protos.add({ ...someSet, id: "prt_02" }, 1)).rejects.toMatchObject({ code: "failed_precondition" });
    expect(await opened.protos.list("ten_a", 10, "")).toHaveLength(1);
  });
}
