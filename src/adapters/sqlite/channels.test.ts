import { expect, test } from "bun:test";
import { channelStoreConformance } from "../../ports/channels.conformance.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createSqliteChannelStore } from "./channels.ts";
import { openSqlite } from "./connection.ts";
import { migrate, migrations } from "./migrations.ts";

channelStoreConformance(async () => {
  const temp = await openTempStore();
  return { channels: createSqliteChannelStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
});

test("channels of the time when five types were known are still there, in English", async () => {
  const store = openSqlite({ path: ":memory:", groupMs: 0, onFatal: () => {} });
  await migrate(store, migrations.filter(({ number }) => number < 16));
  await store.write((tx) => tx.run("INSERT INTO channels VALUES ('chn_1', 'ten_1', 'slack', 'Ops', 1, 'sealed', 3, 10, 20)"));
  await migrate(store);
  const channels = createSqliteChannelStore(store);
  const old = { id: "chn_1", tenantId: "ten_1", type: "slack" as const, name: "Ops", locale: "en" as const, fallback: "", enabled: true, sealedSettings: "sealed", version: 3, createdAtMs: 10, updatedAtMs: 20 };
  expect(await channels.find("ten_1", "chn_1")).toEqual(old);
  await channels.insert({ ...old, id: "chn_2", type: "discord", locale: "ru" });
  expect((await channels.enabled("ten_1")).map(({ type, locale }) => [type, locale])).toEqual([["slack", "en"], ["discord", "ru"]]);
  await store.close();
});
