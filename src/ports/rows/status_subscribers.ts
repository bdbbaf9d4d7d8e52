/** Subscribers of status pages as both SQL adapters keep them. */
import type { StoredSubscriber } from "../status_subscribers.ts";

export interface SubscriberRow {
  id: string;
  tenant_id: string;
  page_id: string;
  kind: StoredSubscriber["kind"];
  address_hash: string;
  sealed_address: string;
  confirmed_at_ms: number;
  created_at_ms: number;
}

export const insertSubscriber = `
  INSERT INTO status_subscribers (id, tenant_id, page_id, kind, address_hash, sealed_address, confirmed_at_ms, created_at_ms)
  VALUES ($id, $tenantId, $pageId, $kind, $addressHash, $sealedAddress, $confirmedAtMs, $createdAtMs) ON CONFLICT DO NOTHING`;

export function listSubscribers(confirmedOnly: boolean): string {
  return `SELECT * FROM status_subscribers WHERE tenant_id = $tenantId AND page_id = $pageId AND id > $cursor ${confirmedOnly ? "AND confirmed_at_ms > 0" : ""} ORDER BY id LIMIT $limit`;
}

export function subscriberOf(row: SubscriberRow): StoredSubscriber {
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
