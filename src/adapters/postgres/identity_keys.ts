import type { MemberRole } from "#kernel/call";
import type { KeyStore } from "#ports/identity";
import { insertKey, keyAndMaker, keyAndMakerOf, keyColumns, keyOf, type KeyRow } from "#ports/rows/identity";
import type { PostgresStore } from "./connection.ts";

export function keyStore(store: PostgresStore): KeyStore {
  return {
    async add(key) {
      await store.run(insertKey, { ...key, scopes: key.scopes.join(" ") });
    },

    list: async (tenantId) =>
      (await store.all<KeyRow>(`SELECT ${keyColumns} FROM api_keys WHERE tenant_id = $tenantId ORDER BY created_at_ms, id`, { tenantId })).map(keyOf),

    find: async (tenantId, id) => {
      const row = await store.get<KeyRow>(`SELECT ${keyColumns} FROM api_keys WHERE tenant_id = $tenantId AND id = $id`, { tenantId, id });
      return row && keyOf(row);
    },

    byPrefix: async (prefix) => {
      const row = await store.get<KeyRow & { makerRole: MemberRole }>(keyAndMaker, { prefix });
      return row && keyAndMakerOf(row);
    },

    revoke: async (tenantId, id) => (await store.run("DELETE FROM api_keys WHERE tenant_id = $tenantId AND id = $id", { tenantId, id })) === 1,

    async touch(uses) {
      await store.run(
        `UPDATE api_keys SET last_used_at_ms = last
         FROM (SELECT tenant, key, max(at) AS last FROM unnest($1::text[], $2::text[], $3::bigint[]) AS uses (tenant, key, at) GROUP BY tenant, key) AS used
         WHERE tenant_id = tenant AND id = key AND last_used_at_ms < last`,
        [uses.map((use) => use.tenantId), uses.map((use) => use.id), uses.map((use) => use.atMs)],
      );
    },
  };
}
