import { z } from "zod";
import { answer } from "../answer.ts";
import { route } from "../route.ts";
import { etag, versionedPatch } from "../versions.ts";
import { documentBody, page, pageOf, paging } from "../views/shared.ts";
import { noteInput, notePatch, noteShape, noteView, subscriberShape, subscriberView } from "../views/status_pages.ts";

const reads = { role: "viewer", scope: "status_pages:read" } as const;
const writes = { role: "editor", scope: "status_pages:write" } as const;

export const statusNoteRoutes = [
  route({
    method: "GET",
    path: "/status-pages/{id}/notes",
    access: reads,
    summary: "What was said on a status page, newest first",
    query: z.strictObject(paging),
    response: pageOf(noteShape),
    handle: async ({ params, query, call }, { config }) => {
      const { items, nextCursor } = await config.listStatusNotes({ pageId: params["id"]!, ...query }, call);
      return page(items.map(noteView), nextCursor);
    },
  }),
  route({
    method: "POST",
    path: "/status-pages/{id}/notes",
    access: writes,
    summary: "Say something of an incident or of planned maintenance; subscribers are told unless notify is false",
    body: documentBody,
    bodyShape: noteInput,
    response: noteShape,
    status: 201,
    audit: "status_note.create",
    handle: async ({ params, body, call }, { config, boards }) => {
      const made = noteView(await config.createStatusNote({ pageId: params["id"]!, note: body }, call));
      await boards.refresh();
      return answer({ body: made, headers: { location: `/api/v1/status-pages/${made.pageId}/notes/${made.id}`, ...etag(made.version) } });
    },
  }),
  route({
    method: "GET",
    path: "/status-pages/{id}/notes/{noteId}",
    access: reads,
    summary: "One note",
    response: noteShape,
    handle: async ({ params, call }, { config }) => {
      const found = noteView(await config.getStatusNote({ pageId: params["id"]!, id: params["noteId"]! }, call));
      return answer({ body: found, headers: etag(found.version) });
    },
  }),
  route({
    method: "PATCH",
    path: "/status-pages/{id}/notes/{noteId}",
    access: writes,
    summary: "Change a note (merge patch), such as by one more update; say which version you saw",
    body: documentBody,
    bodyShape: notePatch,
    response: noteShape,
    audit: "status_note.update",
    handle: async ({ params, body, http, call }, { config, boards }) => {
      const changed = noteView(await config.updateStatusNote({ pageId: params["id"]!, id: params["noteId"]!, ...versionedPatch(http, body) }, call));
      await boards.refresh();
      return answer({ body: changed, headers: etag(changed.version) });
    },
  }),
  route({
    method: "DELETE",
    path: "/status-pages/{id}/notes/{noteId}",
    access: writes,
    summary: "Delete a note",
    response: undefined,
    audit: "status_note.delete",
    handle: async ({ params, call }, { config, boards }) => {
      await config.deleteStatusNote({ pageId: params["id"]!, id: params["noteId"]! }, call);
      await boards.refresh();
    },
  }),
  route({
    method: "GET",
    path: "/status-pages/{id}/subscribers",
    access: { role: "editor", scope: "status_pages:read" },
    summary: "Who hears of a status page, or has yet to confirm",
    query: z.strictObject(paging),
    response: pageOf(subscriberShape),
    handle: async ({ params, query, call }, { config }) => {
      const { items, nextCursor } = await config.listSubscribers({ pageId: params["id"]!, ...query }, call);
      return page(items.map(subscriberView), nextCursor);
    },
  }),
  route({
    method: "DELETE",
    path: "/status-pages/{id}/subscribers/{subscriberId}",
    access: writes,
    summary: "Remove a subscriber",
    response: undefined,
    audit: "status_subscriber.delete",
    handle: async ({ params, call }, { config }) => void (await config.deleteSubscriber({ pageId: params["id"]!, id: params["subscriberId"]! }, call)),
  }),
];
