/** The law for every store of subscribers to status pages. */
import { expect, test } from "bun:test";
import type { StatusPagesUnderTest } from "./status_pages.conformance.ts";
import type { StoredSubscriber } from "./status_subscribers.ts";

const subscriber = (id: string, change: Partial<StoredSubscriber> = {}): StoredSubscriber => ({
  id,
  tenantId: "ten_1",
  pageId: "stp_1",
  kind: "email",
  addressHash: `hash ${id}`,
  sealedAddress: "sealed",
  confirmedAtMs: 0,
  createdAtMs: 1_000,
  ...change,
});

export function statusSubscribersConformance(open: () => Promise<StatusPagesUnderTest>): void {
  test("an address subscribes to a page once", async () => {
    await using under = await open();
    expect(await under.subscribers.insert(subscriber("sub_1"))).toBe(true);
    expect(await under.subscribers.insert(subscriber("sub_2", { addressHash: "hash sub_1" }))).toBe(false);
    expect(await under.subscribers.insert(subscriber("sub_3", { addressHash: "hash sub_1", pageId: "stp_2" }))).toBe(true);
    expect(await under.subscribers.findByAddress("stp_1", "hash sub_1")).toEqual(subscriber("sub_1"));
    expect(await under.subscribers.count("stp_1")).toBe(1);
  });

  test("only those who said yes are told, and those who never did are forgotten", async () => {
    await using under = await open();
    for (const id of ["sub_1", "sub_2", "sub_3"]) await under.subscribers.insert(subscriber(id));
    expect(await under.subscribers.confirm("ten_2", "sub_2", 2_000)).toBe(false);
    expect(await under.subscribers.confirm("ten_1", "sub_2", 2_000)).toBe(true);
    expect(await under.subscribers.list("ten_1", "stp_1", { cursor: "", limit: 10, confirmedOnly: true })).toEqual([subscriber("sub_2", { confirmedAtMs: 2_000 })]);
    expect((await under.subscribers.list("ten_1", "stp_1", { cursor: "sub_1", limit: 1, confirmedOnly: false })).map(({ id }) => id)).toEqual(["sub_2"]);
    expect(await under.subscribers.list("ten_2", "stp_1", { cursor: "", limit: 10, confirmedOnly: false })).toEqual([]);
    expect(await under.subscribers.prune(1_000)).toBe(0);
    expect(await under.subscribers.prune(1_001)).toBe(2);
    expect((await under.subscribers.find("ten_1", "sub_2"))?.confirmedAtMs).toBe(2_000);
  });

  test("another tenant finds and removes nobody", async () => {
    await using under = await open();
    await under.subscribers.insert(subscriber("sub_1"));
    expect(await under.subscribers.find("ten_2", "sub_1")).toBeUndefined();
    expect(await under.subscribers.remove("ten_2", "sub_1")).toBe(false);
    expect(await under.subscribers.remove("ten_1", "sub_1")).toBe(true);
  });
}
