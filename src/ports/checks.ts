/** The checks of all tenants, as config keeps them. */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";

export interface CheckFilter {
  limit: number;
  /** Id of the last check of the page before; "" for the first page. */
  cursor: string;
  search: string;
  type: string;
  tags: Record<string, string>;
}

export interface CheckStore {
  insert(check: Check): Promise<void>;
  /** False when the stored version is not `seenVersion`, or the check is gone. */
  replace(check: Check, seenVersion: number): Promise<boolean>;
  /** False when there was none. */
  remove(tenantId: string, id: string): Promise<boolean>;
  find(tenantId: string, id: string): Promise<Check | undefined>;
  /** Ordered by id, so a page is stable while checks are added. */
  list(tenantId: string, filter: CheckFilter): Promise<Check[]>;
  /** Of all tenants, in batches, for the roles that watch. */
  all(): AsyncIterable<Check[]>;
}
