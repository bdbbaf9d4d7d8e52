import type { StatusPageStore, StoredNote, StoredPage, UntoldUpdate } from "#ports/status_pages";
import type { SqliteStore, Transaction } from "./connection.ts";

interface PageRow {
  id: string;
  tenant_id: string;
  slug: string;
  domain: string;
  published: number;
  document: string;
  password_hash: string;
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}

interface NoteRow {
  id: string;
  tenant_id: string;
  page_id: string;
  document: string;
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}

interface UntoldRow {
  id: string;
  tenant_id: string;
  page_id: string;
  body: string;
  created_at_ms: number;
}

const insertPage = `INSERT INTO status_pages (id, tenant_id, slug, domain, published, document, password_hash, version, created_at_ms, updated_at_ms)
  VALUES ($id, $tenantId, $slug, $domain, $published, $document, $passwordHash, $version, $createdAtMs, $updatedAtMs) ON CONFLICT DO NOTHING`;
const replacePage = `UPDATE status_pages SET slug = $slug, domain = $domain, published = $published, document = $document, password_hash = $passwordHash,
  version = $version, updated_at_ms = $updatedAtMs
  WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion
    AND NOT EXISTS (SELECT 1 FROM status_pages WHERE id <> $id AND (slug = $slug OR (domain <> '' AND domain = $domain)))`;
const insertNote = `INSERT INTO status_notes (id, tenant_id, page_id, document, version, created_at_ms, updated_at_ms)
  VALUES ($id, $tenantId, $pageId, $document, $version, $createdAtMs, $updatedAtMs)`;
const replaceNote = `UPDATE status_notes SET document = $document, version = $version, updated_at_ms = $updatedAtMs
  WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`;

export function createSqliteStatusPageStore(store: SqliteStore): StatusPageStore {
  const one = (where: string, params: unknown[]) => {
    const row = store.get<PageRow>(`SELECT * FROM status_pages WHERE ${where}`, params as never);
    return Promise.resolve(row && pageOf(row));
  };
  return {
    insert: async (page) => (await store.write((tx) => tx.run(insertPage, { ...page, published: page.published ? 1 : 0 }))) === 1,
    async replace({ createdAtMs: _created, ...page }, seenVersion) {
      return (await store.write((tx) => tx.run(replacePage, { ...page, published: page.published ? 1 : 0, seenVersion }))) === 1;
    },
    remove: (tenantId, id) =>
      store.write((tx) => {
        for (const table of belongings) tx.run(`DELETE FROM ${table} WHERE tenant_id = ? AND page_id = ?`, [tenantId, id]);
        return tx.run("DELETE FROM status_pages WHERE tenant_id = ? AND id = ?", [tenantId, id]) === 1;
      }),
    find: (tenantId, id) => one("tenant_id = ? AND id = ?", [tenantId, id]),
    findBySlug: (slug) => one("slug = ?", [slug]),
    findByDomain: (domain) => one("domain = ? AND domain <> ''", [domain]),
    async list(tenantId, cursor, limit) {
      return store.all<PageRow>("SELECT * FROM status_pages WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?", [tenantId, cursor, limit]).map(pageOf);
    },
    async published(cursor, limit) {
      return store.all<PageRow>("SELECT * FROM status_pages WHERE published = 1 AND id > ? ORDER BY id LIMIT ?", [cursor, limit]).map(pageOf);
    },
    insertNote: (note, untold) =>
      store.write((tx) => {
        tx.run(insertNote, { ...note });
        keepUntold(tx, untold);
      }),
    replaceNote: ({ createdAtMs: _created, pageId: _page, ...note }, seenVersion, untold) =>
      store.write((tx) => {
        const changed = tx.run(replaceNote, { ...note, seenVersion });
        if (changed === 1) keepUntold(tx, untold);
        return changed === 1;
      }),
    async removeNote(tenantId, id) {
      return (await store.write((tx) => tx.run("DELETE FROM status_notes WHERE tenant_id = ? AND id = ?", [tenantId, id]))) === 1;
    },
    async findNote(tenantId, id) {
      const row = store.get<NoteRow>("SELECT * FROM status_notes WHERE tenant_id = ? AND id = ?", [tenantId, id]);
      return row && noteOf(row);
    },
    async listNotes(tenantId, pageId, cursor, limit) {
      const sql = "SELECT * FROM status_notes WHERE tenant_id = $tenantId AND page_id = $pageId AND ($cursor = '' OR id < $cursor) ORDER BY id DESC LIMIT $limit";
      return store.all<NoteRow>(sql, { tenantId, pageId, cursor, limit }).map(noteOf);
    },
    async untold(limit) {
      return store.all<UntoldRow>("SELECT * FROM status_untold ORDER BY id LIMIT ?", [limit]).map(untoldOf);
    },
    async addUntold(update) {
      await store.write((tx) => keepUntold(tx, update));
    },
    async told(id) {
      await store.write((tx) => tx.run("DELETE FROM status_untold WHERE id = ?", [id]));
    },
  };
}

const belongings = ["status_notes", "status_untold", "status_subscribers"];

function keepUntold(tx: Transaction, untold: UntoldUpdate | undefined): void {
  if (untold) tx.run("INSERT INTO status_untold (id, tenant_id, page_id, body, created_at_ms) VALUES ($id, $tenantId, $pageId, $body, $createdAtMs)", { ...untold });
}

function pageOf(row: PageRow): StoredPage {
  const { id, slug, domain, document, version } = row;
  return { id, tenantId: row.tenant_id, slug, domain, published: row.published === 1, document, passwordHash: row.password_hash, version, createdAtMs: row.created_at_ms, updatedAtMs: row.updated_at_ms };
}

function noteOf(row: NoteRow): StoredNote {
  return { id: row.id, tenantId: row.tenant_id, pageId: row.page_id, document: row.document, version: row.version, createdAtMs: row.created_at_ms, updatedAtMs: row.updated_at_ms };
}

function untoldOf(row: UntoldRow): UntoldUpdate {
  return { id: row.id, tenantId: row.tenant_id, pageId: row.page_id, body: row.body, createdAtMs: row.created_at_ms };
}
