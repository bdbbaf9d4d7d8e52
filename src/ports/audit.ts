/**
 * Who did what to what, when, from where, with which outcome. Append-only; each tenant's entries form a hash chain, so that
 * an entry that was changed, removed, inserted or moved shows. Owned by auth.
 */
import { createHash } from "node:crypto";

export interface AuditDraft {
  id: string;
  /** "" is the chain of the platform itself. */
  tenantId: string;
  atMs: number;
  actor: string;
  actorType: string;
  ip: string;
  action: string;
  subject: string;
  outcome: string;
  /** A JSON text without secrets. */
  detailJson: string;
  requestId: string;
}

export interface AuditEntry extends AuditDraft {
  /** From 1, without gaps, per tenant. */
  seq: number;
  hash: string;
}

/** Where a chain ends. */
export interface AuditHead {
  entries: number;
  hash: string;
}

export interface AuditStore {
  append(draft: AuditDraft): Promise<AuditEntry>;
  /** Newest first, entries with a `seq` below `beforeSeq`. */
  newest(tenantId: string, beforeSeq: number, limit: number): Promise<AuditEntry[]>;
  /** Oldest first, entries with a `seq` above `afterSeq`. */
  oldest(tenantId: string, afterSeq: number, limit: number): Promise<AuditEntry[]>;
  head(tenantId: string): Promise<AuditHead>;
}

/** What the first entry of a chain follows. */
export const chainStart: AuditHead = { entries: 0, hash: "0".repeat(64) };

/** SHA-256(previous hash ‖ canonical JSON): keys sorted, no white space, `seq` included so that an entry knows its place. */
export function chainHash(previousHash: string, entry: Omit<AuditEntry, "hash">): string {
  const { action, actor, actorType, atMs, detailJson, id, ip, outcome, requestId, seq, subject, tenantId } = entry;
  const canonical = JSON.stringify({ action, actor, actorType, atMs, detailJson, id, ip, outcome, requestId, seq, subject, tenantId });
  return createHash("sha256").update(previousHash).update(canonical).digest("hex");
}
