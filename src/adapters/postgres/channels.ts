import type { ChannelStore } from "#ports/channels";
import { channelOf, type ChannelRow, insertChannel, replaceChannel } from "#ports/rows/channels";
import type { PostgresStore } from "./connection.ts";

export function createPostgresChannelStore(store: PostgresStore): ChannelStore {
  return {
    async insert(channel) {
      await store.run(insertChannel, { ...channel });
    },
    async find(tenantId, id) {
      const row = await store.get<ChannelRow>("SELECT * FROM channels WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
      return row && channelOf(row);
    },
    async replace(channel, seenVersion) {
      return (await store.run(replaceChannel, { ...channel, seenVersion })) === 1;
    },
    async remove(tenantId, id) {
      return (await store.run("DELETE FROM channels WHERE tenant_id = $1 AND id = $2", [tenantId, id])) === 1;
    },
    async list(tenantId, cursor, limit) {
      return (await store.all<ChannelRow>("SELECT * FROM channels WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3", [tenantId, cursor, limit])).map(channelOf);
    },
    async enabled(tenantId) {
      return (await store.all<ChannelRow>("SELECT * FROM channels WHERE tenant_id = $1 AND enabled ORDER BY id", [tenantId])).map(channelOf);
    },
  };
}
