import { z } from "zod";
import { route } from "../route.ts";
import { previewWish, templateChange, templateShape, templatesShape, templatesView, templateView } from "../views/templates.ts";

const reads = { role: "viewer", scope: "channels:read" } as const;
const writes = { role: "editor", scope: "channels:write" } as const;

export const templateRoutes = [
  route({
    method: "GET",
    path: "/templates",
    access: reads,
    summary: "The texts of messages, yours and the shipped ones, with what a template may use",
    response: templatesShape,
    handle: async ({ call }, { notification }) => templatesView(await notification.listTemplates({}, call)),
  }),
  route({
    method: "PATCH",
    path: "/templates/{name}",
    access: writes,
    summary: "Say something else than the shipped text; tried on every kind of event in every language before it is kept",
    body: templateChange,
    response: templateShape,
    audit: "template.set",
    handle: async ({ params, body, call }, { notification }) => templateView(await notification.setTemplate({ name: params["name"]!, text: body.text }, call)),
  }),
  route({
    method: "DELETE",
    path: "/templates/{name}",
    access: writes,
    summary: "Back to the shipped text",
    response: undefined,
    audit: "template.reset",
    handle: async ({ params, call }, { notification }) => void (await notification.resetTemplate({ name: params["name"]! }, call)),
  }),
  route({
    method: "POST",
    path: "/templates/preview",
    access: reads,
    summary: "Render a template with sample data, or say what is wrong with it",
    body: previewWish,
    response: z.strictObject({ rendered: z.string() }),
    handle: async ({ body, call }, { notification }) => ({ rendered: (await notification.previewTemplate(body, call)).rendered }),
  }),
];
