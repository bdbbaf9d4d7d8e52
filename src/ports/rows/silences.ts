/** Silences as both SQL adapters keep them. */
import type { Matcher } from "../matchers.ts";
import type { Silence } from "../silences.ts";

export interface SilenceRow {
  id: string;
  tenant_id: string;
  starts_at_ms: number;
  ends_at_ms: number;
  matchers: string;
  comment: string;
  created_by: string;
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}

export const insertSilence = `
  INSERT INTO silences (id, tenant_id, starts_at_ms, ends_at_ms, matchers, comment, created_by, version, created_at_ms, updated_at_ms)
  VALUES ($id, $tenantId, $startsAtMs, $endsAtMs, $matchers, $comment, $createdBy, $version, $createdAtMs, $updatedAtMs)`;

export const replaceSilence = `
  UPDATE silences SET starts_at_ms = $startsAtMs, ends_at_ms = $endsAtMs, matchers = $matchers, comment = $comment, version = $version, updated_at_ms = $updatedAtMs
  WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`;

export function columnsOf(silence: Silence) {
  return { ...silence, matchers: JSON.stringify(silence.matchers) };
}

export function silenceOf(row: SilenceRow): Silence {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    matchers: JSON.parse(row.matchers) as Matcher[],
    startsAtMs: row.starts_at_ms,
    endsAtMs: row.ends_at_ms,
    comment: row.comment,
    createdBy: row.created_by,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
