import { z } from "zod";
import { answer } from "../answer.ts";
import { route } from "../route.ts";
import { etag, versionedPatch } from "../versions.ts";
import { channelInput, channelPatch, channelShape, channelView, templateShape, templateView } from "../views/channels.ts";
import { documentBody, listOf, page, pageOf, paging } from "../views/shared.ts";

const reads = { role: "viewer", scope: "channels:read" } as const;
const writes = { role: "editor", scope: "channels:write" } as const;
/** A provider may take its time to answer. */
const testMs = 30_000;

export const channelRoutes = [
  route({
    method: "GET",
    path: "/channels",
    access: reads,
    summary: "Where notifications go",
    query: z.strictObject(paging),
    response: pageOf(channelShape),
    handle: async ({ query, call }, { notification }) => {
      const { items, nextCursor } = await notification.listChannels(query, call);
      return page(items.map(channelView), nextCursor);
    },
  }),
  route({
    method: "POST",
    path: "/channels",
    access: writes,
    summary: "Create a channel",
    body: documentBody,
    bodyShape: channelInput,
    response: channelShape,
    status: 201,
    audit: "channel.create",
    handle: async ({ body, call }, { notification }) => {
      const channel = channelView(await notification.registerChannel({ channel: body }, call));
      return answer({ body: channel, headers: { location: `/api/v1/channels/${channel.id}`, ...etag(channel.version) } });
    },
  }),
  route({
    method: "GET",
    path: "/channels/{id}",
    access: reads,
    summary: "One channel",
    response: channelShape,
    handle: async ({ params, call }, { notification }) => {
      const channel = channelView(await notification.getChannel({ id: params["id"]! }, call));
      return answer({ body: channel, headers: etag(channel.version) });
    },
  }),
  route({
    method: "PATCH",
    path: "/channels/{id}",
    access: writes,
    summary: "Change a channel (merge patch); say which version you saw",
    body: documentBody,
    bodyShape: channelPatch,
    response: channelShape,
    audit: "channel.update",
    handle: async ({ params, body, http, call }, { notification }) => {
      const channel = channelView(await notification.updateChannel({ id: params["id"]!, ...versionedPatch(http, body) }, call));
      return answer({ body: channel, headers: etag(channel.version) });
    },
  }),
  route({
    method: "DELETE",
    path: "/channels/{id}",
    access: writes,
    summary: "Delete a channel; what was sent through it stays in the ledger",
    response: undefined,
    audit: "channel.delete",
    handle: async ({ params, call }, { notification }) => void (await notification.deleteChannel({ id: params["id"]! }, call)),
  }),
  route({
    method: "POST",
    path: "/channels/{id}/test",
    access: writes,
    summary: "Send a test message and tell what the provider answered",
    response: z.strictObject({ ok: z.boolean(), answer: z.string(), latencyMs: z.number() }),
    audit: "channel.test",
    handle: async ({ params, extended }, { notification }) => {
      const { ok, answer: said, latencyMs } = await notification.testChannel({ id: params["id"]! }, extended(testMs));
      return { ok, answer: said, latencyMs };
    },
  }),
  route({
    method: "GET",
    path: "/templates",
    access: reads,
    summary: "Built-in message templates, with what a template may use",
    response: listOf(templateShape),
    handle: async ({ call }, { notification }) => ({ items: (await notification.listTemplates({}, call)).items.map(templateView) }),
  }),
  route({
    method: "POST",
    path: "/templates/preview",
    access: reads,
    summary: "Render a template with sample data, or say what is wrong with it",
    body: z.strictObject({ channelType: z.string().max(50), text: z.string().max(100_000) }),
    response: z.strictObject({ rendered: z.string() }),
    handle: async ({ body, call }, { notification }) => ({ rendered: (await notification.previewTemplate(body, call)).rendered }),
  }),
];
