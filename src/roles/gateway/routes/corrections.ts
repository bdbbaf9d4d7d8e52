/** What people say of the past of a check. The results stay as they are. */
import { z } from "zod";
import { answer } from "../answer.ts";
import { route } from "../route.ts";
import { correctionShape, correctionView, overlaySpanShape, overlaySpanView } from "../views/maintenance.ts";
import { listOf } from "../views/shared.ts";

const reads = { role: "viewer", scope: "checks:read" } as const;
const writes = { role: "editor", scope: "checks:write" } as const;
const instant = z.iso.datetime({ offset: true, error: 'must be a time with a zone, such as "2026-03-29T02:30:00Z"' });

export const correctionRoutes = [
  route({
    method: "GET",
    path: "/checks/{id}/corrections",
    access: reads,
    summary: "Corrections of the past of a check, newest first; where two overlap the newer holds",
    response: listOf(correctionShape),
    handle: async ({ params, call }, { incident }) => ({ items: (await incident.listCorrections({ checkId: params["id"]! }, call)).items.map(correctionView) }),
  }),
  route({
    method: "GET",
    path: "/checks/{id}/overlay",
    access: reads,
    summary: "What lies over the results of a check between two instants: maintenance, and corrections of the past",
    query: z.strictObject({ from: instant, to: instant }),
    response: listOf(overlaySpanShape),
    handle: async ({ params, query, call }, { incident, config }) => {
      const { id } = await config.getCheck({ id: params["id"]! }, call);
      const { spans, selections } = await incident.getOverlay({ fromMs: Date.parse(query.from), toMs: Date.parse(query.to) }, call);
      return { items: spans.filter(({ selection }) => selections[selection]?.checkIds.includes(id)).map(overlaySpanView) };
    },
  }),
  route({
    method: "POST",
    path: "/checks/{id}/corrections",
    access: writes,
    summary: "Say what the runs of a time count as, and why",
    body: z.strictObject({ from: instant, to: instant, countAs: z.string().meta({ description: "up, down, unknown or maintenance" }), reason: z.string() }),
    response: correctionShape,
    status: 201,
    audit: "check.correct",
    auditDetail: (body) => body as object,
    handle: async ({ params, body: { from, to, countAs, reason }, call }, { incident }) => {
      const written = { checkId: params["id"]!, fromMs: Date.parse(from), toMs: Date.parse(to), countAs, reason };
      return answer({ body: correctionView(await incident.createCorrection(written, call)) });
    },
  }),
  route({
    method: "DELETE",
    path: "/checks/{id}/corrections/{correctionId}",
    access: writes,
    summary: "Take a correction back; the audit log keeps both",
    response: undefined,
    audit: "check.uncorrect",
    auditDetail: (_body, { correctionId }) => ({ correctionId }),
    handle: async ({ params, call }, { incident }) => void (await incident.deleteCorrection({ checkId: params["id"]!, id: params["correctionId"]! }, call)),
  }),
];
