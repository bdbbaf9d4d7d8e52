import type { MemberRole } from "#kernel/call";
import type { ApiKey, KeyStore } from "#ports/identity";
import type { PostgresStore } from "./connection.ts";

type KeyRow = Omit<ApiKey, "scopes"> & { scopes: string };

const columns = `api_keys.id AS id, api_keys.tenant_id AS "tenantId", created_by AS "createdBy", name, prefix, hash, api_keys.role AS role, scopes,
  created_at_ms AS "createdAtMs", expires_at_ms AS "expiresAtMs", last_used_at_ms AS "lastUsedAtMs"`;

export function keyStore(store: PostgresStore): KeyStore {
  return {
    async add(key) {
      await store.run(
        `INSERT INTO api_keys (id, tenant_id, created_by, name, prefix, hash, role, scopes, created_at_ms, expires_at_ms, last_used_at_ms)
         VALUES ($id, $tenantId, $createdBy, $name, $prefix, $hash, $role, $scopes, $createdAtMs, $expiresAtMs, $lastUsedAtMs)`,
        { ...key, scopes: key.scopes.join(" ") },
      );
    },

    list: async (tenantId) =>
      (await store.all<KeyRow>(`SELECT ${columns} FROM api_keys WHERE tenant_id = $tenantId ORDER BY created_at_ms, id`, { tenantId })).map(keyOf),

    find: async (tenantId, id) => {
      const row = await store.get<KeyRow>(`SELECT ${columns} FROM api_keys WHERE tenant_id = $tenantId AND id = $id`, { tenantId, id });
      return row && keyOf(row);
    },

    byPrefix: async (prefix) => {
      const row = await store.get<KeyRow & { makerRole: MemberRole }>(
        `SELECT ${columns}, memberships.role AS "makerRole" FROM api_keys
         JOIN memberships ON memberships.tenant_id = api_keys.tenant_id AND memberships.user_id = created_by WHERE prefix = $prefix`,
        { prefix },
      );
      if (!row) return undefined;
      const { makerRole, ...key } = row;
      return { key: keyOf(key), makerRole };
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

function keyOf(row: KeyRow): ApiKey {
  return { ...row, scopes: row.scopes === "" ? [] : row.scopes.split(" ") };
}
