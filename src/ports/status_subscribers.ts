/** Who wants to hear of a status page. Addresses are sealed; one is known again by its hash. */

export interface StoredSubscriber {
  /** `sub_…` */
  id: string;
  tenantId: string;
  pageId: string;
  kind: "email" | "webhook";
  addressHash: string;
  sealedAddress: string;
  /** 0 until its owner has said yes. */
  confirmedAtMs: number;
  createdAtMs: number;
}

export interface StatusSubscriberStore {
  /** False when the page has one with this address already. */
  insert(subscriber: StoredSubscriber): Promise<boolean>;
  findByAddress(pageId: string, addressHash: string): Promise<StoredSubscriber | undefined>;
  find(tenantId: string, id: string): Promise<StoredSubscriber | undefined>;
  /** False when it is gone. */
  confirm(tenantId: string, id: string, atMs: number): Promise<boolean>;
  remove(tenantId: string, id: string): Promise<boolean>;
  /** Ordered by id. */
  list(tenantId: string, pageId: string, of: { cursor: string; limit: number; confirmedOnly: boolean }): Promise<StoredSubscriber[]>;
  count(pageId: string): Promise<number>;
  /** Removes those that nobody confirmed since. Gives how many. */
  prune(beforeMs: number): Promise<number>;
}
