import { insertSubscriber, listSubscribers, subscriberOf, type SubscriberRow } from "#ports/rows/status_subscribers";
import type { StatusSubscriberStore } from "#ports/status_subscribers";
import type { SqliteStore } from "./connection.ts";

export function createSqliteStatusSubscriberStore(store: SqliteStore): StatusSubscriberStore {
  return {
    async insert(subscriber) {
      return (await store.write((tx) => tx.run(insertSubscriber, { ...subscriber }))) === 1;
    },
    async findByAddress(pageId, addressHash) {
      const row = store.get<SubscriberRow>("SELECT * FROM status_subscribers WHERE page_id = ? AND address_hash = ?", [pageId, addressHash]);
      return row && subscriberOf(row);
    },
    async find(tenantId, id) {
      const row = store.get<SubscriberRow>("SELECT * FROM status_subscribers WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && subscriberOf(row);
    },
    async confirm(tenantId, id, atMs) {
      return (await store.write((tx) => tx.run("UPDATE status_subscribers SET confirmed_at_ms = ? WHERE tenant_id = ? AND id = ?", [atMs, tenantId, id]))) === 1;
    },
    async remove(tenantId, id) {
      return (await store.write((tx) => tx.run("DELETE FROM status_subscribers WHERE tenant_id = ? AND id = ?", [tenantId, id]))) === 1;
    },
    async list(tenantId, pageId, { cursor, limit, confirmedOnly }) {
      return store.all<SubscriberRow>(listSubscribers(confirmedOnly), { tenantId, pageId, cursor, limit }).map(subscriberOf);
    },
    async count(pageId) {
      return store.get<{ count: number }>("SELECT count(*) AS count FROM status_subscribers WHERE page_id = ?", [pageId])!.count;
    },
    prune: (beforeMs) => store.write((tx) => tx.run("DELETE FROM status_subscribers WHERE confirmed_at_ms = 0 AND created_at_ms < ?", [beforeMs])),
  };
}
