import type { ChannelStore } from "#ports/channels";
import { channelOf, type ChannelRow, insertChannel, replaceChannel } from "#ports/rows/channels";
import type { SqliteStore } from "./connection.ts";

export function createSqliteChannelStore(store: SqliteStore): ChannelStore {
  return {
    async insert(channel) {
      await store.write((tx) => tx.run(insertChannel, { ...channel }));
    },
    async find(tenantId, id) {
      const row = store.get<ChannelRow>("SELECT * FROM channels WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && channelOf(row);
    },
    async replace(channel, seenVersion) {
      return (await store.write((tx) => tx.run(replaceChannel, { ...channel, seenVersion }))) === 1;
    },
    async remove(tenantId, id) {
      return (await store.write((tx) => tx.run("DELETE FROM channels WHERE tenant_id = ? AND id = ?", [tenantId, id]))) === 1;
    },
    async list(tenantId, cursor, limit) {
      return store.all<ChannelRow>("SELECT * FROM channels WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?", [tenantId, cursor, limit]).map(channelOf);
    },
    async enabled(tenantId) {
      return store.all<ChannelRow>("SELECT * FROM channels WHERE tenant_id = ? AND enabled = 1 ORDER BY id", [tenantId]).map(channelOf);
    },
  };
}
