/** Notes on a status page: what people say of an outage or of planned work, update after update. */
import { create, type JsonObject } from "@bufbuild/protobuf";
import { StatusNoteSchema, type StatusNote } from "#contracts/uptimeping/config/v1/config_pb";
import { iso } from "#kernel/clock";
import { AppError, pointerOf } from "#kernel/errors";
import { mergePatch } from "#kernel/merge_patch";
import { idCursor, type Page, pageOf, pageSize } from "#kernel/page";
import { type NoteDocument, parseNote } from "#ports/status_page_document";
import type { StoredNote, StoredPage, UntoldUpdate } from "#ports/status_pages";
import { conflict, documentOf, invalid, noPage, type StatusPageParts } from "./pages.ts";

export interface StatusNotes {
  create(tenantId: string, pageId: string, document: JsonObject): Promise<StatusNote>;
  get(tenantId: string, pageId: string, id: string): Promise<StatusNote>;
  update(tenantId: string, at: { pageId: string; id: string }, change: { patch: JsonObject; version: number }): Promise<StatusNote>;
  remove(tenantId: string, pageId: string, id: string): Promise<void>;
  list(tenantId: string, pageId: string, limit: number, cursor: string): Promise<Page<StatusNote>>;
}

/** What is told of one note, as the body of an untold update. */
export interface NoteNews {
  kind: "note";
  noteId: string;
  noteKind: string;
  title: string;
  state: string;
  text: string;
  startsAt: string;
  endsAt: string;
}

export function createStatusNotes({ pages, checks, clock, ids, changed }: StatusPageParts): StatusNotes {
  const pageOfNote = async (tenantId: string, pageId: string) => {
    const page = await pages.find(tenantId, pageId);
    if (!page) throw noPage(pageId);
    return page;
  };
  const stored = async (tenantId: string, pageId: string, id: string) => {
    const note = await pages.findNote(tenantId, id);
    if (note?.pageId !== pageId) throw noNote(id);
    return note;
  };
  const parse = async (tenantId: string, json: JsonObject, known: ReadonlySet<string> = new Set()): Promise<NoteDocument> => {
    const parsed = parseNote(json);
    if (!parsed.ok) throw invalid(parsed.fields, "note");
    const { components, updates } = parsed.value;
    const unknown = [];
    for (const [index, id] of components.entries()) {
      if (!known.has(id) && !(await checks.find(tenantId, id))) unknown.push({ pointer: pointerOf(["components", index]), message: `no check ${JSON.stringify(id)}` });
    }
    if (unknown.length > 0) throw invalid(unknown, "note");
    const dated = updates.map((update) => ({ ...update, at: iso(update.at === undefined ? clock.now() : Date.parse(update.at)) }));
    return { ...parsed.value, updates: dated.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)) };
  };

  /** Nothing is told of a page that nobody may see or subscribe to, nor of what stood there before. */
  const newsOf = (page: StoredPage, note: { id: string; next: NoteDocument; before?: NoteDocument }): UntoldUpdate | undefined => {
    const { next, before } = note;
    if (!next.notify || !page.published || !documentOf(page).subscribe) return undefined;
    const old = new Set((before?.updates ?? []).map(({ at, state, text }) => JSON.stringify([at, state, text])));
    const latest = next.updates.filter(({ at, state, text }) => !old.has(JSON.stringify([at, state, text]))).at(-1);
    if (latest === undefined) return undefined;
    const news: NoteNews = { kind: "note", noteId: note.id, noteKind: next.kind, title: next.title, state: latest.state, text: latest.text, startsAt: next.startsAt ?? "", endsAt: next.endsAt ?? "" };
    return { id: ids.next("stu"), tenantId: page.tenantId, pageId: page.id, body: JSON.stringify(news), createdAtMs: clock.now() };
  };

  return {
    async create(tenantId, pageId, json) {
      const page = await pageOfNote(tenantId, pageId);
      const document = await parse(tenantId, json);
      const now = clock.now();
      const note = { id: ids.next("stn"), tenantId, pageId, document: JSON.stringify(document), version: 1, createdAtMs: now, updatedAtMs: now };
      await pages.insertNote(note, newsOf(page, { id: note.id, next: document }));
      changed();
      return messageOfNote(note);
    },
    get: async (tenantId, pageId, id) => messageOfNote(await stored(tenantId, pageId, id)),
    async update(tenantId, { pageId, id }, { patch, version }) {
      const page = await pageOfNote(tenantId, pageId);
      const note = await stored(tenantId, pageId, id);
      if (version !== note.version) throw conflict(`the note is at version ${note.version}, you saw ${version}`);
      const before = JSON.parse(note.document) as NoteDocument;
      const document = await parse(tenantId, mergePatch(before as unknown as JsonObject, patch), new Set(before.components));
      const next = { ...note, document: JSON.stringify(document), version: version + 1, updatedAtMs: clock.now() };
      if (!(await pages.replaceNote(next, version, newsOf(page, { id, next: document, before })))) throw conflict("somebody else changed the note at the same moment");
      changed();
      return messageOfNote(next);
    },
    async remove(tenantId, pageId, id) {
      await stored(tenantId, pageId, id);
      if (!(await pages.removeNote(tenantId, id))) throw noNote(id);
      changed();
    },
    async list(tenantId, pageId, limit, cursor) {
      await pageOfNote(tenantId, pageId);
      const size = pageSize(limit);
      const rows = await pages.listNotes(tenantId, pageId, idCursor(cursor, "stn"), size + 1);
      const { items, nextCursor } = pageOf(rows, size, ({ id }) => id);
      return { items: items.map(messageOfNote), nextCursor };
    },
  };
}

export function messageOfNote({ id, pageId, document, version, createdAtMs, updatedAtMs }: StoredNote): StatusNote {
  return create(StatusNoteSchema, { id, pageId, note: JSON.parse(document) as JsonObject, version, createdAtMs, updatedAtMs });
}

function noNote(id: string): AppError {
  return new AppError("not_found", `no note ${JSON.stringify(id.slice(0, 80))} on this page`);
}
