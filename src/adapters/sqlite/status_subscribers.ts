import type { StatusSubscriberStore, StoredSubscriber } from "#ports/status_subscribers";
import type { SqliteStore } from "./connection.ts";

interface Row {
  id: string;
  tenant_id: string;
  page_id: string;
  kind: "email" | "webhook";
  address_hash: string;
  sealed_address: string;
  confirmed_at_ms: number;
  created_at_ms: number;
}

export function createSqliteStatusSubscriberStore(store: SqliteStore): StatusSubscriberStore {
  return {
    async insert(subscriber) {
      const sql = `INSERT INTO status_subscribers (id, tenant_id, page_id, kind, address_hash, sealed_address, confirmed_at_ms, created_at_ms)
        VALUES ($id, $tenantId, $pageId, $kind, $addressHash, $sealedAddress, $confirmedAtMs, $createdAtMs) ON CONFLICT DO NOTHING`;
      return (await store.write((tx) => tx.run(sql, { ...subscriber }))) === 1;
    },
    async findByAddress(pageId, addressHash) {
      const row = store.get<Row>("SELECT * FROM status_subscribers WHERE page_id = ? AND address_hash = ?", [pageId, addressHash]);
      return row && subscriberOf(row);
    },
    async find(tenantId, id) {
      const row = store.get<Row>("SELECT * FROM status_subscribers WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && subscriberOf(row);
    },
    async confirm(tenantId, id, atMs) {
      return (await store.write((tx) => tx.run("UPDATE status_subscribers SET confirmed_at_ms = ? WHERE tenant_id = ? AND id = ?", [atMs, tenantId, id]))) === 1;
    },
    async remove(tenantId, id) {
      return (await store.write((tx) => tx.run("DELETE FROM status_subscribers WHERE tenant_id = ? AND id = ?", [tenantId, id]))) === 1;
    },
    async list(tenantId, pageId, { cursor, limit, confirmedOnly }) {
      const sql = `SELECT * FROM status_subscribers WHERE tenant_id = $tenantId AND page_id = $pageId AND id > $cursor ${confirmedOnly ? "AND confirmed_at_ms > 0" : ""} ORDER BY id LIMIT $limit`;
      return store.all<Row>(sql, { tenantId, pageId, cursor, limit }).map(subscriberOf);
    },
    async count(pageId) {
      return store.get<{ count: number }>("SELECT count(*) AS count FROM status_subscribers WHERE page_id = ?", [pageId])!.count;
    },
    prune: (beforeMs) => store.write((tx) => tx.run("DELETE FROM status_subscribers WHERE confirmed_at_ms = 0 AND created_at_ms < ?", [beforeMs])),
  };
}

function subscriberOf(row: Row): StoredSubscriber {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    pageId: row.page_id,
    kind: row.kind,
    addressHash: row.address_hash,
    sealedAddress: row.sealed_address,
    confirmedAtMs: row.confirmed_at_ms,
    createdAtMs: row.created_at_ms,
  };
}
