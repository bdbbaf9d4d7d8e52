import type { JsonObject } from "@bufbuild/protobuf";
import { invalidField } from "#kernel/errors";
import { z } from "zod";
import { answer } from "../answer.ts";
import { route } from "../route.ts";
import { etag, versionedPatch } from "../versions.ts";
import { documentBody, page, pageOf, paging } from "../views/shared.ts";
import { pageInput, pagePatch, pageShape, pageView, previewInput } from "../views/status_pages.ts";

const reads = { role: "viewer", scope: "status_pages:read" } as const;
const writes = { role: "editor", scope: "status_pages:write" } as const;

export const statusPageRoutes = [
  route({
    method: "GET",
    path: "/status-pages",
    access: reads,
    summary: "The public status pages",
    query: z.strictObject(paging),
    response: pageOf(pageShape),
    handle: async ({ query, call }, { config }) => {
      const { items, nextCursor } = await config.listStatusPages(query, call);
      return page(items.map(pageView), nextCursor);
    },
  }),
  route({
    method: "POST",
    path: "/status-pages",
    access: writes,
    summary: "Create a status page; it is public once it is published",
    body: documentBody,
    bodyShape: pageInput,
    response: pageShape,
    status: 201,
    audit: "status_page.create",
    handle: async ({ body, call }, { config, boards, publicUrl }) => {
      refuseOwnHost(body, publicUrl);
      const made = pageView(await config.createStatusPage({ page: body }, call));
      await boards.refresh();
      return answer({ body: made, headers: { location: `/api/v1/status-pages/${made.id}`, ...etag(made.version) } });
    },
  }),
  route({
    method: "POST",
    path: "/status-pages/preview",
    access: reads,
    summary: "What a status page would look like, as HTML; with id the saved page that it would become, with its notes",
    body: documentBody,
    bodyShape: previewInput,
    response: z.strictObject({ html: z.string() }),
    handle: async ({ body, call }, { config, statusPreview }) => {
      const { id, ...document } = body as JsonObject & { id?: string };
      return { html: await statusPreview(await config.previewStatusPage({ page: document, id: id ?? "" }, call), call) };
    },
  }),
  route({
    method: "GET",
    path: "/status-pages/{id}",
    access: reads,
    summary: "One status page",
    response: pageShape,
    handle: async ({ params, call }, { config }) => {
      const found = pageView(await config.getStatusPage({ id: params["id"]! }, call));
      return answer({ body: found, headers: etag(found.version) });
    },
  }),
  route({
    method: "PATCH",
    path: "/status-pages/{id}",
    access: writes,
    summary: "Change a status page (merge patch); say which version you saw",
    body: documentBody,
    bodyShape: pagePatch,
    response: pageShape,
    audit: "status_page.update",
    handle: async ({ params, body, http, call }, { config, boards, publicUrl }) => {
      refuseOwnHost(body, publicUrl);
      const changed = pageView(await config.updateStatusPage({ id: params["id"]!, ...versionedPatch(http, body) }, call));
      await boards.refresh();
      return answer({ body: changed, headers: etag(changed.version) });
    },
  }),
  route({
    method: "DELETE",
    path: "/status-pages/{id}",
    access: writes,
    summary: "Delete a status page with its notes and its subscribers",
    response: undefined,
    audit: "status_page.delete",
    handle: async ({ params, call }, { config, boards }) => {
      await config.deleteStatusPage({ id: params["id"]! }, call);
      await boards.refresh();
    },
  }),
];

/** The host of the dashboard is nobody's page; and which one that is, only the operator can say. */
function refuseOwnHost({ domain }: JsonObject, publicUrl: string): void {
  if (typeof domain !== "string" || domain.trim() === "") return;
  if (publicUrl === "") throw invalidField("/domain", "needs the setting public-url, which tells the host of the dashboard from that of a page: ask the operator");
  if (domain.trim().toLowerCase() === URL.parse(publicUrl)?.hostname) throw invalidField("/domain", `"${domain}" is where the dashboard itself is: choose another`);
}
