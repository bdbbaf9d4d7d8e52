/** What is not told for a while. Owned by the notification role: muting is decided when a message is made, reminders included. */
import type { Matcher } from "./matchers.ts";

export interface Silence {
  /** `sil_…` */
  id: string;
  tenantId: string;
  /** Never empty. */
  matchers: Matcher[];
  startsAtMs: number;
  /** Not included. */
  endsAtMs: number;
  comment: string;
  /** `usr_…`, `key_…` or "system". */
  createdBy: string;
  /** From 1, one more with every change. */
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface SilenceStore {
  insert(silence: Silence): Promise<void>;
  find(tenantId: string, id: string): Promise<Silence | undefined>;
  /** False when the stored version is not `seenVersion`, or the silence is gone. */
  replace(silence: Silence, seenVersion: number): Promise<boolean>;
  /** False when there was none. */
  remove(tenantId: string, id: string): Promise<boolean>;
  /** Newest first, those with a lower id than `cursor`; "" for the first page. */
  list(tenantId: string, cursor: string, limit: number): Promise<Silence[]>;
  /** Those of a tenant that end after `nowMs`, oldest first. */
  unexpired(tenantId: string, nowMs: number): Promise<Silence[]>;
  /** Removes at most `limit` that ended before, of all tenants. Gives how many. */
  prune(beforeMs: number, limit: number): Promise<number>;
}
