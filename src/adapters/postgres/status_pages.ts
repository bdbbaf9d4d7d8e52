import type { StatusPageStore, StoredNote, StoredPage, UntoldUpdate } from "#ports/status_pages";
import type { PostgresStore, Transaction } from "./connection.ts";

interface PageRow {
  id: string;
  tenant_id: string;
  slug: string;
  domain: string;
  published: boolean;
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

export function createPostgresStatusPageStore(store: PostgresStore): StatusPageStore {
  const one = (where: string, params: unknown[]) => store.get<PageRow>(`SELECT * FROM status_pages WHERE ${where}`, params).then((row) => row && pageOf(row));
  return {
    insert: async (page) => (await store.run(insertPage, { ...page })) === 1,
    async replace({ createdAtMs: _created, ...page }, seenVersion) {
      return (await store.run(replacePage, { ...page, seenVersion })) === 1;
    },
    remove: (tenantId, id) =>
      store.write(async (tx) => {
        for (const table of belongings) await tx.run(`DELETE FROM ${table} WHERE tenant_id = $1 AND page_id = $2`, [tenantId, id]);
        return (await tx.run("DELETE FROM status_pages WHERE tenant_id = $1 AND id = $2", [tenantId, id])) === 1;
      }),
    find: (tenantId, id) => one("tenant_id = $1 AND id = $2", [tenantId, id]),
    findBySlug: (slug) => one("slug = $1", [slug]),
    findByDomain: (domain) => one("domain = $1 AND domain <> ''", [domain]),
    async list(tenantId, cursor, limit) {
      return (await store.all<PageRow>("SELECT * FROM status_pages WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3", [tenantId, cursor, limit])).map(pageOf);
    },
    async published(cursor, limit) {
      return (await store.all<PageRow>("SELECT * FROM status_pages WHERE published AND id > $1 ORDER BY id LIMIT $2", [cursor, limit])).map(pageOf);
    },
    insertNote: (note, untold) =>
      store.write(async (tx) => {
        await tx.run(insertNote, { ...note });
        await keepUntold(tx, untold);
      }),
    replaceNote: ({ createdAtMs: _created, pageId: _page, ...note }, seenVersion, untold) =>
      store.write(async (tx) => {
        const changed = await tx.run(replaceNote, { ...note, seenVersion });
        if (changed === 1) await keepUntold(tx, untold);
        return changed === 1;
      }),
    async removeNote(tenantId, id) {
      return (await store.run("DELETE FROM status_notes WHERE tenant_id = $1 AND id = $2", [tenantId, id])) === 1;
    },
    async findNote(tenantId, id) {
      const row = await store.get<NoteRow>("SELECT * FROM status_notes WHERE tenant_id = $1 AND id = $2", [tenantId, id]);
      return row && noteOf(row);
    },
    async listNotes(tenantId, pageId, cursor, limit) {
      const sql = "SELECT * FROM status_notes WHERE tenant_id = $tenantId AND page_id = $pageId AND ($cursor::text = '' OR id < $cursor) ORDER BY id DESC LIMIT $limit";
      return (await store.all<NoteRow>(sql, { tenantId, pageId, cursor, limit })).map(noteOf);
    },
    async untold(limit) {
      return (await store.all<UntoldRow>("SELECT * FROM status_untold ORDER BY id LIMIT $1", [limit])).map(untoldOf);
    },
    async addUntold(update) {
      await store.write((tx) => keepUntold(tx, update));
    },
    async told(id) {
      await store.run("DELETE FROM status_untold WHERE id = $1", [id]);
    },
  };
}

const belongings = ["status_notes", "status_untold", "status_subscribers"];

async function keepUntold(tx: Transaction, untold: UntoldUpdate | undefined): Promise<void> {
  if (untold) await tx.run("INSERT INTO status_untold (id, tenant_id, page_id, body, created_at_ms) VALUES ($id, $tenantId, $pageId, $body, $createdAtMs)", { ...untold });
}

function pageOf(row: PageRow): StoredPage {
  const { id, slug, domain, document, version } = row;
  return { id, tenantId: row.tenant_id, slug, domain, published: row.published, document, passwordHash: row.password_hash, version, createdAtMs: row.created_at_ms, updatedAtMs: row.updated_at_ms };
}

function noteOf(row: NoteRow): StoredNote {
  return { id: row.id, tenantId: row.tenant_id, pageId: row.page_id, document: row.document, version: row.version, createdAtMs: row.created_at_ms, updatedAtMs: row.updated_at_ms };
}

function untoldOf(row: UntoldRow): UntoldUpdate {
  return { id: row.id, tenantId: row.tenant_id, pageId: row.page_id, body: row.body, createdAtMs: row.created_at_ms };
}
