/** Status pages, their notes and what is still to be told of them, as both SQL adapters keep them. */
import type { StoredNote, StoredPage, UntoldUpdate } from "../status_pages.ts";

export interface PageRow {
  id: string;
  tenant_id: string;
  slug: string;
  domain: string;
  /** SQLite gives 0 or 1. */
  published: boolean | number;
  document: string;
  password_hash: string;
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface NoteRow {
  id: string;
  tenant_id: string;
  page_id: string;
  document: string;
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface UntoldRow {
  id: string;
  tenant_id: string;
  page_id: string;
  body: string;
  created_at_ms: number;
}

export const insertPage = `INSERT INTO status_pages (id, tenant_id, slug, domain, published, document, password_hash, version, created_at_ms, updated_at_ms)
  VALUES ($id, $tenantId, $slug, $domain, $published, $document, $passwordHash, $version, $createdAtMs, $updatedAtMs) ON CONFLICT DO NOTHING`;

export const replacePage = `UPDATE status_pages SET slug = $slug, domain = $domain, published = $published, document = $document, password_hash = $passwordHash,
  version = $version, updated_at_ms = $updatedAtMs
  WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion
    AND NOT EXISTS (SELECT 1 FROM status_pages WHERE id <> $id AND (slug = $slug OR (domain <> '' AND domain = $domain)))`;

export const insertNote = `INSERT INTO status_notes (id, tenant_id, page_id, document, version, created_at_ms, updated_at_ms)
  VALUES ($id, $tenantId, $pageId, $document, $version, $createdAtMs, $updatedAtMs)`;

export const replaceNote = `UPDATE status_notes SET document = $document, version = $version, updated_at_ms = $updatedAtMs
  WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`;

export const insertUntold = `INSERT INTO status_untold (id, tenant_id, page_id, body, created_at_ms)
  VALUES ($id, $tenantId, $pageId, $body, $createdAtMs)`;

/** Tables of what goes with a page when it is removed. */
export const belongings = ["status_notes", "status_untold", "status_subscribers"];

export function pageOf(row: PageRow): StoredPage {
  const { id, slug, domain, document, version } = row;
  return { id, tenantId: row.tenant_id, slug, domain, published: Boolean(row.published), document, passwordHash: row.password_hash, version, createdAtMs: row.created_at_ms, updatedAtMs: row.updated_at_ms };
}

export function noteOf(row: NoteRow): StoredNote {
  return { id: row.id, tenantId: row.tenant_id, pageId: row.page_id, document: row.document, version: row.version, createdAtMs: row.created_at_ms, updatedAtMs: row.updated_at_ms };
}

export function untoldOf(row: UntoldRow): UntoldUpdate {
  return { id: row.id, tenantId: row.tenant_id, pageId: row.page_id, body: row.body, createdAtMs: row.created_at_ms };
}
