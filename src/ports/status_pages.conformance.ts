/** The law for every store of status pages. */
import { expect, test } from "bun:test";
import type { StatusPageStore, StoredNote, StoredPage, UntoldUpdate } from "./status_pages.ts";
import type { StatusSubscriberStore } from "./status_subscribers.ts";

export interface StatusPagesUnderTest extends AsyncDisposable {
  pages: StatusPageStore;
  subscribers: StatusSubscriberStore;
}

const page = (id: string, change: Partial<StoredPage> = {}): StoredPage => ({
  id,
  tenantId: "ten_1",
  slug: `page-${id}`,
  domain: "",
  published: true,
  document: '{"title":"Shop"}',
  passwordHash: "",
  version: 1,
  createdAtMs: 500,
  updatedAtMs: 500,
  ...change,
});

const note = (id: string, change: Partial<StoredNote> = {}): StoredNote => ({ id, tenantId: "ten_1", pageId: "stp_1", document: '{"title":"Slow"}', version: 1, createdAtMs: 600, updatedAtMs: 600, ...change });
const untold = (id: string): UntoldUpdate => ({ id, tenantId: "ten_1", pageId: "stp_1", body: "{}", createdAtMs: 700 });

export function statusPagesConformance(open: () => Promise<StatusPagesUnderTest>): void {
  test("a page comes back as it was written, by its tenant's id, its slug and its domain", async () => {
    await using under = await open();
    const stored = page("stp_1", { domain: "status.shop.example", passwordHash: "$2b$…" });
    expect(await under.pages.insert(stored)).toBe(true);
    expect(await under.pages.find("ten_1", "stp_1")).toEqual(stored);
    expect(await under.pages.findBySlug("page-stp_1")).toEqual(stored);
    expect(await under.pages.findByDomain("status.shop.example")).toEqual(stored);
    expect(await under.pages.find("ten_2", "stp_1")).toBeUndefined();
    expect(await under.pages.list("ten_2", "", 10)).toEqual([]);
    expect(await under.pages.remove("ten_2", "stp_1")).toBe(false);
  });

  test("no two pages have one slug or one domain, whosever they are; many have no domain", async () => {
    await using under = await open();
    await under.pages.insert(page("stp_1", { domain: "a.example" }));
    await under.pages.insert(page("stp_2", { tenantId: "ten_2" }));
    expect(await under.pages.insert(page("stp_3", { tenantId: "ten_3", slug: "page-stp_1" }))).toBe(false);
    expect(await under.pages.insert(page("stp_3", { tenantId: "ten_3", domain: "a.example" }))).toBe(false);
    expect(await under.pages.replace(page("stp_2", { tenantId: "ten_2", domain: "a.example", version: 2 }), 1)).toBe(false);
    expect(await under.pages.insert(page("stp_3", { tenantId: "ten_3" }))).toBe(true);
    expect(await under.pages.findByDomain("")).toBeUndefined();
  });

  test("a change needs the version that was seen; only what is published is listed for the public", async () => {
    await using under = await open();
    for (const id of ["stp_1", "stp_2", "stp_3"]) await under.pages.insert(page(id));
    expect(await under.pages.replace(page("stp_2", { published: false, version: 2, document: "{}" }), 1)).toBe(true);
    expect(await under.pages.replace(page("stp_2", { version: 2 }), 1)).toBe(false);
    expect((await under.pages.published("", 10)).map(({ id }) => id)).toEqual(["stp_1", "stp_3"]);
    expect((await under.pages.published("stp_1", 10)).map(({ id }) => id)).toEqual(["stp_3"]);
    expect((await under.pages.list("ten_1", "stp_1", 1)).map(({ id }) => id)).toEqual(["stp_2"]);
  });

  test("notes are newest first, and what is to be told of them is kept with them or not at all", async () => {
    await using under = await open();
    await under.pages.insert(page("stp_1"));
    await under.pages.insertNote(note("stn_1"), untold("stu_1"));
    await under.pages.insertNote(note("stn_2"), undefined);
    expect(await under.pages.replaceNote(note("stn_1", { document: "{}", version: 2 }), 9, untold("stu_2"))).toBe(false);
    expect(await under.pages.replaceNote(note("stn_1", { document: "{}", version: 2 }), 1, untold("stu_3"))).toBe(true);
    expect((await under.pages.untold(10)).map(({ id }) => id)).toEqual(["stu_1", "stu_3"]);
    await under.pages.addUntold(untold("stu_0"));
    expect((await under.pages.untold(10)).map(({ id }) => id)).toEqual(["stu_0", "stu_1", "stu_3"]);
    await under.pages.told("stu_0");
    await under.pages.told("stu_1");
    expect(await under.pages.untold(10)).toEqual([untold("stu_3")]);
    expect((await under.pages.listNotes("ten_1", "stp_1", "", 10)).map(({ id }) => id)).toEqual(["stn_2", "stn_1"]);
    expect((await under.pages.listNotes("ten_1", "stp_1", "stn_2", 10)).map(({ id }) => id)).toEqual(["stn_1"]);
    expect(await under.pages.findNote("ten_2", "stn_1")).toBeUndefined();
    expect(await under.pages.removeNote("ten_2", "stn_1")).toBe(false);
    expect(await under.pages.removeNote("ten_1", "stn_2")).toBe(true);
  });

  test("with a page goes all that belongs to it", async () => {
    await using under = await open();
    await under.pages.insert(page("stp_1"));
    await under.pages.insertNote(note("stn_1"), untold("stu_1"));
    await under.subscribers.insert({ id: "sub_1", tenantId: "ten_1", pageId: "stp_1", kind: "email", addressHash: "h", sealedAddress: "s", confirmedAtMs: 0, createdAtMs: 1 });
    expect(await under.pages.remove("ten_1", "stp_1")).toBe(true);
    expect(await under.pages.findNote("ten_1", "stn_1")).toBeUndefined();
    expect(await under.pages.untold(10)).toEqual([]);
    expect(await under.subscribers.count("stp_1")).toBe(0);
  });
}
