import { z } from "zod";
import { answer } from "../answer.ts";
import { changeMany } from "../bulk.ts";
import { createCheck, enableCheck, readCheck, readChecks, updateCheck } from "../check_documents.ts";
import { changesBetween } from "../document_changes.ts";
import { withPingUrl, withPingUrls } from "../ping_urls.ts";
import { testCheck } from "../try_check.ts";
import { route } from "../route.ts";
import { etag, versionedPatch } from "../versions.ts";
import { bulkInput, bulkShape, changedByBulk } from "../views/bulk.ts";
import { checkInput, checkPatch, checkShape, checkTrial } from "../views/checks.ts";
import { resultShape, resultView } from "../views/results.ts";
import { documentBody, page, pageOf, paging } from "../views/shared.ts";

const reads = { role: "viewer", scope: "checks:read" } as const;
const writes = { role: "editor", scope: "checks:write" } as const;

/** A thousand take about two seconds; on a slow disk they may take more. */
const bulkMs = 60_000;

export const checkRoutes = [
  route({
    method: "GET",
    path: "/checks",
    access: reads,
    summary: "Checks of the tenant",
    query: z.strictObject({
      ...paging,
      search: z.string().max(200).default(""),
      type: z.string().max(50).default(""),
      tag: z
        .string()
        .regex(/^[^:]+:/, 'must be a name and a value, such as "env:prod"')
        .optional(),
    }),
    response: pageOf(checkShape),
    handle: async (request, roles) => {
      const { call } = request;
      const { tag, ...query } = request.query;
      const tags = tag === undefined ? {} : tagOf(tag);
      const { items, nextCursor } = await roles.config.listChecks({ ...query, tags }, call);
      return page(await withPingUrls(await readChecks(items, call, roles), request, roles), nextCursor);
    },
  }),
  route({
    method: "POST",
    path: "/checks",
    access: writes,
    summary: "Create a check, with its schedule",
    body: documentBody,
    bodyShape: checkInput,
    response: checkShape,
    status: 201,
    audit: "check.create",
    handle: async (request, roles) => {
      const check = await withPingUrl(await createCheck(request.body, request.call, roles), request, roles);
      return answer({ body: check, headers: { location: `/api/v1/checks/${check.id}`, ...etag(check.version) } });
    },
  }),
  route({
    method: "POST",
    path: "/checks/test",
    access: writes,
    summary: 'Run a check once now, stored nowhere: a document; a saved one by its id; or both, where "***" is the saved secret',
    body: documentBody,
    bodyShape: checkTrial.or(z.strictObject({ id: z.string() })),
    response: resultShape,
    audit: "check.test",
    handle: async (request, roles) => resultView(await testCheck(request, roles)),
  }),
  route({
    method: "POST",
    path: "/checks/bulk",
    access: writes,
    summary: "Change many checks in one way, or delete them; tells what came of each",
    body: bulkInput,
    response: bulkShape,
    audit: "check.bulk",
    auditEach: changedByBulk,
    handle: async ({ body, extended }, roles) => ({ action: body.action, items: await changeMany(body, extended(bulkMs), roles) }),
  }),
  route({
    method: "GET",
    path: "/checks/{id}",
    access: reads,
    summary: "One check",
    response: checkShape,
    handle: async (request, roles) => {
      const { params, call } = request;
      const check = await withPingUrl(await readCheck(await roles.config.getCheck({ id: params["id"]! }, call), call, roles), request, roles);
      return answer({ body: check, headers: etag(check.version) });
    },
  }),
  route({
    method: "PATCH",
    path: "/checks/{id}",
    access: writes,
    summary: "Change a check (merge patch); say which version you saw",
    body: documentBody,
    bodyShape: checkPatch,
    response: checkShape,
    audit: "check.update",
    handle: async (request, roles) => {
      const { params, body, http, call } = request;
      const change = versionedPatch(http, body);
      const before = await readCheck(await roles.config.getCheck({ id: params["id"]! }, call), call, roles);
      const check = await updateCheck(params["id"]!, change, call, roles);
      return answer({ body: await withPingUrl(check, request, roles), headers: etag(check.version), auditDetail: changesBetween(before, check, change.patch) });
    },
  }),
  route({
    method: "DELETE",
    path: "/checks/{id}",
    access: writes,
    summary: "Delete a check, its schedule and its history",
    response: undefined,
    audit: "check.delete",
    handle: async ({ params, call }, { config }) => void (await config.deleteCheck({ id: params["id"]! }, call)),
  }),
  route({
    method: "POST",
    path: "/checks/{id}/pause",
    access: writes,
    summary: "Stop running a check",
    response: checkShape,
    audit: "check.pause",
    handle: async (request, roles) => withPingUrl(await enableCheck(request.params["id"]!, false, request.call, roles), request, roles),
  }),
  route({
    method: "POST",
    path: "/checks/{id}/resume",
    access: writes,
    summary: "Run a check again",
    response: checkShape,
    audit: "check.resume",
    handle: async (request, roles) => withPingUrl(await enableCheck(request.params["id"]!, true, request.call, roles), request, roles),
  }),
  route({
    method: "POST",
    path: "/checks/{id}/run",
    access: writes,
    summary: "Run a check now at each of its locations, besides its schedule; answers the run at the first",
    response: z.strictObject({ runId: z.string() }),
    status: 202,
    audit: "check.run",
    handle: async ({ params, call }, { scheduler }) => ({ runId: (await scheduler.runNow({ checkId: params["id"]! }, call)).runId }),
  }),
];

/** A value may itself hold colons, as a URL does; a name never does. */
function tagOf(text: string): Record<string, string> {
  const colon = text.indexOf(":");
  return { [text.slice(0, colon)]: text.slice(colon + 1) };
}
