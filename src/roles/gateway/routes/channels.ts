import { z } from "zod";
import type { TestChannelResponse } from "#contracts/uptimeping/notification/v1/notification_pb";
import { answer } from "../answer.ts";
import { route } from "../route.ts";
import { etag, versionedPatch } from "../versions.ts";
import { channelInput, channelPatch, channelShape, channelTestShape, channelTrial, channelView, providerShape, providerView } from "../views/channels.ts";
import { documentBody, listOf, page, pageOf, paging } from "../views/shared.ts";

const reads = { role: "viewer", scope: "channels:read" } as const;
const writes = { role: "editor", scope: "channels:write" } as const;
/** A provider may take its time to answer. */
const testMs = 30_000;

const tested = ({ ok, answer: said, latencyMs }: TestChannelResponse) => ({ ok, answer: said, latencyMs });

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
    path: "/channels/providers",
    access: reads,
    summary: "Every kind of channel, with what can be set on it",
    response: listOf(providerShape),
    handle: async ({ call }, { notification }) => ({ items: (await notification.listProviders({}, call)).items.map(providerView) }),
  }),
  route({
    method: "POST",
    path: "/channels/test",
    access: writes,
    summary: 'Send a test message through a channel that is not saved: a document; or with an id a merge patch of the saved one, where "***" is its secret',
    body: documentBody,
    bodyShape: channelTrial,
    response: channelTestShape,
    audit: "channel.test",
    handle: async ({ body, extended }, { channelTrial }) => tested(await channelTrial(body, extended(testMs))),
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
    response: channelTestShape,
    audit: "channel.test",
    handle: async ({ params, extended }, { notification }) => tested(await notification.testChannel({ id: params["id"]! }, extended(testMs))),
  }),
];
