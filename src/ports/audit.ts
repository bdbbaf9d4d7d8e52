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

/** What is looked for; "" and 0 are no condition. */
export interface AuditFilter {
  actor: string;
  /** Also what it begins with. */
  action: string;
  subject: string;
  fromMs: number;
  /** Not included. */
  toMs: number;
}

export interface AuditStore {
  append(draft: AuditDraft): Promise<AuditEntry>;
  /** Newest first, entries with a `seq` below `beforeSeq`. */
  newest(tenantId: string, page: { beforeSeq: number; limit: number; filter?: AuditFilter }): Promise<AuditEntry[]>;
  /** Oldest first, entries with a `seq` above `afterSeq`. */
  oldest(tenantId: string, afterSeq: number, limit: number): Promise<AuditEntry[]>;
  head(tenantId: string): Promise<AuditHead>;
}

/** The conditions of a filter as SQL over the columns of the log, with parameters of these names. */
export function auditConditions({ actor, action, subject, fromMs, toMs }: AuditFilter): { sql: string; values: Record<string, string | number> } {
  const conditions: [isSet: boolean, sql: string, values: Record<string, string | number>][] = [
    [actor !== "", "actor = $actor", { actor }],
    // Not LIKE, in which "_" stands for any character.
    [action !== "", "substr(action, 1, length($action)) = $action", { action }],
    [subject !== "", "subject = $subject", { subject }],
    [fromMs > 0, "at_ms >= $fromMs", { fromMs }],
    [toMs > 0, "at_ms < $toMs", { toMs }],
  ];
  const given = conditions.filter(([isSet]) => isSet);
  return { sql: given.map(([, sql]) => ` AND ${sql}`).join(""), values: Object.assign({}, ...given.map(([, , values]) => values)) as Record<string, string | number> };
}

/** What the first entry of a chain follows. */
export const chainStart: AuditHead = { entries: 0, hash: "0".repeat(64) };

/** SHA-256(previous hash ‖ canonical JSON): keys sorted, no white space, `seq` included so that an entry knows its place. */
export function chainHash(previousHash: string, entry: Omit<AuditEntry, "hash">): string {
  const { action, actor, actorType, atMs, detailJson, id, ip, outcome, requestId, seq, subject, tenantId } = entry;
  const canonical = JSON.stringify({ action, actor, actorType, atMs, detailJson, id, ip, outcome, requestId, seq, subject, tenantId });
  return createHash("sha256").update(previousHash).update(canonical).digest("hex");
}
