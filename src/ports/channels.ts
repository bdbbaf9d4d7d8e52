/** Where notifications go. Settings are sealed by the role before they come here: a store never sees a secret. */

export const channelTypes = ["webhook", "email", "slack", "telegram", "sms"] as const;
export type ChannelType = (typeof channelTypes)[number];

export interface StoredChannel {
  /** `chn_…` */
  id: string;
  tenantId: string;
  type: ChannelType;
  name: string;
  enabled: boolean;
  /** Ciphertext of the settings as JSON. */
  sealedSettings: string;
  /** From 1, one more with every change. */
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface ChannelStore {
  insert(channel: StoredChannel): Promise<void>;
  find(tenantId: string, id: string): Promise<StoredChannel | undefined>;
  /** False when the stored version is not `seenVersion`, or the channel is gone. */
  replace(channel: StoredChannel, seenVersion: number): Promise<boolean>;
  /** False when there was none. */
  remove(tenantId: string, id: string): Promise<boolean>;
  /** Ordered by id, those after `cursor`; "" for the first page. */
  list(tenantId: string, cursor: string, limit: number): Promise<StoredChannel[]>;
  /** Every enabled channel of the tenant, ordered by id. */
  enabled(tenantId: string): Promise<StoredChannel[]>;
}
