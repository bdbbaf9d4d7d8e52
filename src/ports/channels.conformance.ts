/** The law for every channel store. */
import { expect, test } from "bun:test";
import type { ChannelStore, StoredChannel } from "./channels.ts";

export interface ChannelStoreUnderTest extends AsyncDisposable {
  channels: ChannelStore;
}

const channel = (id: string, change: Partial<StoredChannel> = {}): StoredChannel => ({
  id,
  tenantId: "ten_1",
  type: "webhook",
  name: `Hook ${id}`,
  locale: "en",
  fallback: "",
  enabled: true,
  sealedSettings: "sealed",
  version: 1,
  createdAtMs: 1_000,
  updatedAtMs: 1_000,
  ...change,
});

export function channelStoreConformance(open: () => Promise<ChannelStoreUnderTest>): void {
  test("a channel is read as it was stored", async () => {
    await using under = await open();
    await under.channels.insert(channel("chn_1", { enabled: false }));
    expect(await under.channels.find("ten_1", "chn_1")).toEqual(channel("chn_1", { enabled: false }));
  });

  test("an id that exists is refused", async () => {
    await using under = await open();
    await under.channels.insert(channel("chn_1"));
    expect(under.channels.insert(channel("chn_1"))).rejects.toMatchObject({ code: "already_exists" });
  });

  test("a change that saw another version changes nothing", async () => {
    await using under = await open();
    await under.channels.insert(channel("chn_1"));
    expect(await under.channels.replace(channel("chn_1", { name: "Late", version: 3 }), 2)).toBe(false);
    expect(await under.channels.replace(channel("chn_1", { name: "New", locale: "ru", version: 2 }), 1)).toBe(true);
    expect((await under.channels.find("ten_1", "chn_1"))?.name).toBe("New");
  });

  test("pages are ordered by id and begin after the cursor", async () => {
    await using under = await open();
    for (const id of ["chn_3", "chn_1", "chn_2"]) await under.channels.insert(channel(id));
    expect((await under.channels.list("ten_1", "", 2)).map((one) => one.id)).toEqual(["chn_1", "chn_2"]);
    expect((await under.channels.list("ten_1", "chn_2", 2)).map((one) => one.id)).toEqual(["chn_3"]);
  });

  test("only enabled channels are told", async () => {
    await using under = await open();
    await under.channels.insert(channel("chn_1", { enabled: false }));
    await under.channels.insert(channel("chn_2"));
    expect((await under.channels.enabled("ten_1")).map((one) => one.id)).toEqual(["chn_2"]);
  });

  test("a tenant can neither see, change nor remove the channel of another", async () => {
    await using under = await open();
    await under.channels.insert(channel("chn_1"));
    expect(await under.channels.find("ten_2", "chn_1")).toBeUndefined();
    expect(await under.channels.list("ten_2", "", 10)).toEqual([]);
    expect(await under.channels.enabled("ten_2")).toEqual([]);
    expect(await under.channels.replace(channel("chn_1", { tenantId: "ten_2", version: 2 }), 1)).toBe(false);
    expect(await under.channels.remove("ten_2", "chn_1")).toBe(false);
    expect(await under.channels.remove("ten_1", "chn_1")).toBe(true);
  });
}
