import type { ChannelLocale, ChannelStore, ChannelType, StoredChannel } from "#ports/channels";
import type { PostgresStore } from "./connection.ts";

interface Row {
  id: string;
  tenant_id: string;
  type: ChannelType;
  name: string;
  locale: ChannelLocale;
  fallback: string;
  enabled: boolean;
  sealed_settings: string;
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}

export function createPostgresChannelStore(store: PostgresStore): ChannelStore {
  return {
    async insert(channel) {
      await store.run(`INSERT INTO channels (id, tenant_id, type, name, locale, fallback, enabled, sealed_settings, version, created_at_ms, updated_at_ms)
           VALUES ($id, $tenantId, $type, $name, $locale, $fallback, $enabled, $sealedSettings, $version, $createdAtMs, $updatedAtMs)`,
          { ...channel },);
    },
    async find(tenantId, id) {
      const row = await store.get<Row>("SELECT * FROM channels WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
      return row && channelOf(row);
    },
    async replace(channel, seenVersion) {
      const { id, tenantId, name, locale, fallback, enabled, sealedSettings, version, updatedAtMs } = channel;
      const changed = await store.run(`UPDATE channels SET name = $name, locale = $locale, fallback = $fallback, enabled = $enabled, sealed_settings = $sealedSettings, version = $version, updated_at_ms = $updatedAtMs
           WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`,
          { id, tenantId, name, locale, fallback, enabled, sealedSettings, version, updatedAtMs, seenVersion },);
      return changed === 1;
    },
    async remove(tenantId, id) {
      return (await store.run("DELETE FROM channels WHERE tenant_id = $1 AND id = $2", [tenantId, id])) === 1;
    },
    async list(tenantId, cursor, limit) {
      return (await store.all<Row>("SELECT * FROM channels WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3", [tenantId, cursor, limit])).map(channelOf);
    },
    async enabled(tenantId) {
      return (await store.all<Row>("SELECT * FROM channels WHERE tenant_id = $1 AND enabled ORDER BY id", [tenantId])).map(channelOf);
    },
  };
}

function channelOf(row: Row): StoredChannel {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    type: row.type,
    name: row.name,
    locale: row.locale,
    fallback: row.fallback,
    enabled: row.enabled,
    sealedSettings: row.sealed_settings,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
