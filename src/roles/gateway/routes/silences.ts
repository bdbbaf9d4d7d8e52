import type { Call } from "#kernel/call";
import { compileMatchers, labelsOf, type Matcher, matchersSchema } from "#ports/matchers";
import { z } from "zod";
import { answer } from "../answer.ts";
import { type Roles, route } from "../route.ts";
import { etag, versionedPatch } from "../versions.ts";
import { documentBody, page, pageOf, paging } from "../views/shared.ts";
import { silenceInput, silencePatch, silencePreviewShape, silenceShape, silenceView } from "../views/silences.ts";

const reads = { role: "viewer", scope: "silences:read" } as const;
const writes = { role: "editor", scope: "silences:write" } as const;

export const silenceRoutes = [
  route({
    method: "GET",
    path: "/silences",
    access: reads,
    summary: "What is not told for a while, newest first",
    query: z.strictObject(paging),
    response: pageOf(silenceShape),
    handle: async ({ query, call }, { notification }) => {
      const { items, nextCursor } = await notification.listSilences(query, call);
      return page(items.map(silenceView), nextCursor);
    },
  }),
  route({
    method: "POST",
    path: "/silences",
    access: writes,
    summary: "Create a silence",
    body: documentBody,
    bodyShape: silenceInput,
    response: silenceShape,
    status: 201,
    audit: "silence.create",
    handle: async ({ body, call }, { notification }) => {
      const silence = silenceView(await notification.createSilence({ silence: body }, call));
      return answer({ body: silence, headers: { location: `/api/v1/silences/${silence.id}`, ...etag(silence.version) } });
    },
  }),
  route({
    method: "POST",
    path: "/silences/preview",
    access: reads,
    summary: "The checks that a silence with these matchers is about; severity, kind and event, which a check alone does not have, are left out of it",
    body: z.strictObject({ matchers: matchersSchema }),
    response: silencePreviewShape,
    handle: ({ body, call }, { config }) => covered(body.matchers as Matcher[], call, config),
  }),
  route({
    method: "GET",
    path: "/silences/{id}",
    access: reads,
    summary: "One silence",
    response: silenceShape,
    handle: async ({ params, call }, { notification }) => {
      const silence = silenceView(await notification.getSilence({ id: params["id"]! }, call));
      return answer({ body: silence, headers: etag(silence.version) });
    },
  }),
  route({
    method: "PATCH",
    path: "/silences/{id}",
    access: writes,
    summary: "Change a silence (merge patch); say which version you saw",
    body: documentBody,
    bodyShape: silencePatch,
    response: silenceShape,
    audit: "silence.update",
    handle: async ({ params, body, http, call }, { notification }) => {
      const silence = silenceView(await notification.updateSilence({ id: params["id"]!, ...versionedPatch(http, body) }, call));
      return answer({ body: silence, headers: etag(silence.version) });
    },
  }),
  route({
    method: "POST",
    path: "/silences/{id}/end",
    access: writes,
    summary: "End a silence now, or one that has not begun",
    response: silenceShape,
    audit: "silence.end",
    handle: async ({ params, call }, { notification }) => {
      const silence = silenceView(await notification.endSilence({ id: params["id"]! }, call));
      return answer({ body: silence, headers: etag(silence.version) });
    },
  }),
  route({
    method: "DELETE",
    path: "/silences/{id}",
    access: writes,
    summary: "Delete a silence; what it muted stays in the ledger",
    response: undefined,
    audit: "silence.delete",
    handle: async ({ params, call }, { notification }) => void (await notification.deleteSilence({ id: params["id"]! }, call)),
  }),
];

const ofIncidents = ["severity", "kind", "location", "event"];
const shownChecks = 200;

async function covered(matchers: readonly Matcher[], call: Call, config: Roles["config"]): Promise<z.infer<typeof silencePreviewShape>> {
  const selects = compileMatchers(matchers.filter(({ label }) => !ofIncidents.includes(label)));
  const preview: z.infer<typeof silencePreviewShape> = { checks: [], checkCount: 0 };
  let cursor = "";
  do {
    const { items, nextCursor } = await config.listChecks({ limit: 200, cursor }, call);
    const found = items.filter((check) => selects(labelsOf(check)));
    preview.checkCount += found.length;
    preview.checks.push(...found.slice(0, shownChecks - preview.checks.length).map(({ id, name }) => ({ id, name })));
    cursor = nextCursor;
  } while (cursor !== "");
  return preview;
}
