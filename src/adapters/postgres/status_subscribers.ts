import { insertSubscriber, listSubscribers, subscriberOf, type SubscriberRow } from "#ports/rows/status_subscribers";
import type { StatusSubscriberStore } from "#ports/status_subscribers";
import type { PostgresStore } from "./connection.ts";

export function createPostgresStatusSubscriberStore(store: PostgresStore): StatusSubscriberStore {
  return {
    async insert(subscriber) {
      return (await store.run(insertSubscriber, { ...subscriber })) === 1;
    },
    async findByAddress(pageId, addressHash) {
      const row = await store.get<SubscriberRow>("SELECT * FROM status_subscribers WHERE page_id = $1 AND address_hash = $2", [pageId, addressHash]);
      return row && subscriberOf(row);
    },
    async find(tenantId, id) {
      const row = await store.get<SubscriberRow>("SELECT * FROM status_subscribers WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
      return row && subscriberOf(row);
    },
    async confirm(tenantId, id, atMs) {
      return (await store.run("UPDATE status_subscribers SET confirmed_at_ms = $3 WHERE tenant_id = $1 AND id = $2", [tenantId, id, atMs])) === 1;
    },
    async remove(tenantId, id) {
      return (await store.run("DELETE FROM status_subscribers WHERE tenant_id = $1 AND id = $2", [tenantId, id])) === 1;
    },
    async list(tenantId, pageId, { cursor, limit, confirmedOnly }) {
      return (await store.all<SubscriberRow>(listSubscribers(confirmedOnly), { tenantId, pageId, cursor, limit })).map(subscriberOf);
    },
    async count(pageId) {
      return (await store.get<{ count: number }>("SELECT count(*) AS count FROM status_subscribers WHERE page_id = $1", [pageId]))!.count;
    },
    prune: (beforeMs) => store.run("DELETE FROM status_subscribers WHERE confirmed_at_ms = 0 AND created_at_ms < $1", [beforeMs]),
  };
}
