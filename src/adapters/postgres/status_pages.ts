import { belongings, insertNote, insertPage, insertUntold, noteOf, type NoteRow, pageOf, type PageRow, replaceNote, replacePage, untoldOf, type UntoldRow } from "#ports/rows/status_pages";
import type { StatusPageStore, UntoldUpdate } from "#ports/status_pages";
import type { PostgresStore, Transaction } from "./connection.ts";

export function createPostgresStatusPageStore(store: PostgresStore): StatusPageStore {
  const one = (where: string, params: unknown[]) => store.get<PageRow>(`SELECT * FROM status_pages WHERE ${where}`, params).then((row) => row && pageOf(row));
  return {
    insert: async (page) => (await store.run(insertPage, { ...page })) === 1,
    async replace(page, seenVersion) {
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
    replaceNote: (note, seenVersion, untold) =>
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

async function keepUntold(tx: Transaction, untold: UntoldUpdate | undefined): Promise<void> {
  if (untold) await tx.run(insertUntold, { ...untold });
}
