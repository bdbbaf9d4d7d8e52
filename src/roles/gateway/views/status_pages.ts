/** Status pages, the notes on them, and who subscribed. */
import type { StatusNote, StatusPage, Subscriber } from "#contracts/uptimeping/config/v1/config_pb";
import { iso } from "#kernel/clock";
import { noteSchema, pageSchema, type NoteDocument, type PageDocument } from "#ports/status_page_document";
import { z } from "zod";
import { isoOrNull, time, timeOrNull } from "./shared.ts";

const version = z.number().meta({ description: "the version that was seen; or send If-Match" });
const password = z.string().nullable().meta({ description: "6 to 200 characters that visitors have to give; null for none. Never shown" });

export const pageInput = z.strictObject({ ...pageSchema.shape, password: password.optional() }).meta({ id: "StatusPageInput" });
export const pagePatch = z.strictObject({ ...pageSchema.shape, password, version }).partial().meta({ id: "StatusPagePatch", description: "JSON merge patch (RFC 7396)" });
export const previewInput = z.strictObject({ ...pageSchema.shape, id: z.string().optional() }).meta({ id: "StatusPagePreviewInput" });
export const noteInput = noteSchema.meta({ id: "StatusNoteInput" });
export const notePatch = z.strictObject({ ...noteSchema.shape, version }).partial().meta({ id: "StatusNotePatch", description: "JSON merge patch (RFC 7396)" });

export const pageShape = z
  .strictObject({ id: z.string(), ...pageSchema.shape, protected: z.boolean().meta({ description: "visitors need a password" }), url: z.string().meta({ description: "path of the public page" }), version: z.number(), createdAt: time, updatedAt: time })
  .meta({ id: "StatusPage" });

export const noteShape = z.strictObject({ id: z.string(), pageId: z.string(), ...noteSchema.shape, version: z.number(), createdAt: time, updatedAt: time }).meta({ id: "StatusNote" });

export const subscriberShape = z.strictObject({ id: z.string(), kind: z.enum(["email", "webhook"]), address: z.string(), confirmedAt: timeOrNull, createdAt: time }).meta({ id: "StatusSubscriber" });

export function pageView({ id, page, protected: isProtected, version: seen, createdAtMs, updatedAtMs }: StatusPage): z.infer<typeof pageShape> {
  const document = page as unknown as PageDocument;
  return { id, ...document, protected: isProtected, url: `/status/${document.slug}`, version: seen, createdAt: iso(createdAtMs), updatedAt: iso(updatedAtMs) };
}

export function noteView({ id, pageId, note, version: seen, createdAtMs, updatedAtMs }: StatusNote): z.infer<typeof noteShape> {
  return { id, pageId, ...(note as unknown as NoteDocument), version: seen, createdAt: iso(createdAtMs), updatedAt: iso(updatedAtMs) };
}

export function subscriberView({ id, kind, address, confirmedAtMs, createdAtMs }: Subscriber): z.infer<typeof subscriberShape> {
  return { id, kind: kind === "webhook" ? "webhook" : "email", address, confirmedAt: isoOrNull(confirmedAtMs), createdAt: iso(createdAtMs) };
}
