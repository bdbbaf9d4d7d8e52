import { belongings, insertNote, insertPage, insertUntold, noteOf, type NoteRow, pageOf, type PageRow, replaceNote, replacePage, untoldOf, type UntoldRow } from "#ports/rows/status_pages";
import type { StatusPageStore, UntoldUpdate } from "#ports/status_pages";
import type { SqliteStore, Transaction } from "./connection.ts";

export function createSqliteStatusPageStore(store: SqliteStore): StatusPageStore {
  const one = (where: string, params: unknown[]) => {
    const row = store.get<PageRow>(`SELECT * FROM status_pages WHERE ${where}`, params as never);
    return Promise.resolve(row && pageOf(row));
  };
  return {
    insert: async (page) => (await store.write((tx) => tx.run(insertPage, { ...page }))) === 1,
    async replace(page, seenVersion) {
      return (await store.write((tx) => tx.run(replacePage, { ...page, seenVersion }))) === 1;
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
    replaceNote: (note, seenVersion, untold) =>
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

function keepUntold(tx: Transaction, untold: UntoldUpdate | undefined): void {
  if (untold) tx.run(insertUntold, { ...untold });
}
