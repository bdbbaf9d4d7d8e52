/** Who changed what: to look through, to take away, and to prove that nobody changed it afterwards. */
import { z } from "zod";
import { rawAnswer } from "../answer.ts";
import { auditText } from "../audit_text.ts";
import { route } from "../route.ts";
import { auditEntryShape, auditEntryView } from "../views/auth.ts";
import { page, pageOf, paging, timeFilter } from "../views/shared.ts";

const filters = {
  actor: z.string().max(100).default("").meta({ description: "id of the user or API key" }),
  action: z.string().max(100).default("").meta({ description: "the action, or what it begins with, such as auth." }),
  subject: z.string().max(200).default("").meta({ description: "id of the thing that was changed" }),
  from: timeFilter,
  to: timeFilter.meta({ description: "not included" }),
};
const access = { role: "admin", scope: "audit:read" } as const;

export const auditRoutes = [
  route({
    method: "GET",
    path: "/audit",
    access,
    summary: "Who changed what, newest first",
    query: z.strictObject({ ...paging, ...filters }),
    response: pageOf(auditEntryShape),
    handle: async ({ query: { from, to, ...query }, call }, { auth }) => {
      const { items, nextCursor } = await auth.listAudit({ ...query, fromMs: from, toMs: to }, call);
      return page(items.map(auditEntryView), nextCursor);
    },
  }),
  route({
    method: "GET",
    path: "/audit/export",
    access,
    summary: "The same as a file: CSV, or a JSON array",
    query: z.strictObject({ ...filters, format: z.enum(["csv", "json"]).default("csv") }),
    response: z.string().meta({ contentType: "text/csv" }),
    handle: ({ query: { from, to, format, ...query }, call, extended }, { auth }) => {
      // A long log takes longer than requests usually may.
      const longer = extended(600_000);
      const pages = async (cursor: string) => {
        const { items, nextCursor } = await auth.listAudit({ ...query, fromMs: from, toMs: to, limit: 200, cursor }, longer);
        return { items: items.map(auditEntryView), nextCursor };
      };
      const headers = { "content-type": format === "csv" ? "text/csv; charset=utf-8" : "application/json", "content-disposition": `attachment; filename="audit.${format}"`, "cache-control": "no-store" };
      return Promise.resolve(rawAnswer(new Response(auditText(format, pages, call.signal), { headers })));
    },
  }),
  route({
    method: "GET",
    path: "/audit/verify",
    access,
    summary: "Walk the hash chain of the audit log",
    response: z.strictObject({ ok: z.boolean(), entries: z.number(), brokenAt: z.string().nullable(), reason: z.string().nullable() }),
    handle: async ({ call }, { auth }) => {
      const { ok, entries, brokenAt, reason } = await auth.verifyAudit({}, call);
      return { ok, entries, brokenAt: brokenAt || null, reason: reason || null };
    },
  }),
];
