import type { MemberRole } from "#kernel/call";
import type { KeyStore } from "#ports/identity";
import { insertKey, keyAndMaker, keyAndMakerOf, keyColumns, keyOf, type KeyRow } from "#ports/rows/identity";
import type { SqliteStore } from "./connection.ts";

export function keyStore(store: SqliteStore): KeyStore {
  return {
    add: (key) =>
      store.write((tx) => {
        tx.run(insertKey, { ...key, scopes: key.scopes.join(" ") });
      }),

    list: async (tenantId) =>
      store.all<KeyRow>(`SELECT ${keyColumns} FROM api_keys WHERE tenant_id = $tenantId ORDER BY created_at_ms, id`, { tenantId }).map(keyOf),

    find: async (tenantId, id) => {
      const row = store.get<KeyRow>(`SELECT ${keyColumns} FROM api_keys WHERE tenant_id = $tenantId AND id = $id`, { tenantId, id });
      return row && keyOf(row);
    },

    byPrefix: async (prefix) => {
      const row = store.get<KeyRow & { makerRole: MemberRole }>(keyAndMaker, { prefix });
      return row && keyAndMakerOf(row);
    },

    revoke: (tenantId, id) =>
      store.write((tx) => tx.run("DELETE FROM api_keys WHERE tenant_id = $tenantId AND id = $id", { tenantId, id }) === 1),

    touch: (uses) =>
      store.write((tx) => {
        for (const use of uses) {
          tx.run("UPDATE api_keys SET last_used_at_ms = $atMs WHERE tenant_id = $tenantId AND id = $id AND last_used_at_ms < $atMs", { ...use });
        }
      }),
  };
}
