/** From .proto files to gRPC checks and client code. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { Call } from "#kernel/call";
import { z } from "zod";
import { answer } from "../answer.ts";
import { createCheck } from "../check_documents.ts";
import { route, type Roles } from "../route.ts";
import { checkShape } from "../views/checks.ts";
import {
  forgeTemplateShape,
  forgeTemplateView,
  problemShape,
  problemView,
  protoSetShape,
  protoSetView,
  serviceShape,
  serviceView,
} from "../views/forge.ts";
import { jsonObject, listOf, page, pageOf, paging } from "../views/shared.ts";

const reads = { role: "viewer", scope: "forge:read" } as const;
const writes = { role: "editor", scope: "forge:write" } as const;
/** Large sets take a while to parse. */
const parseMs = 30_000;

const protoFiles = z.strictObject({
  name: z.string().max(200).default(""),
  files: z.array(z.strictObject({ name: z.string().min(1).max(500), text: z.string() })).min(1).max(2_000),
});

export const forgeRoutes = [
  route({
    method: "POST",
    path: "/forge/protos",
    access: writes,
    summary: "Store .proto files as a set",
    body: protoFiles,
    takesFiles: true,
    response: protoSetShape,
    status: 201,
    audit: "proto_set.create",
    handle: async ({ body, extended }, { forge }) => {
      const set = protoSetView(await forge.parseProto({ ...body, name: body.name || nameOf(body.files[0]!.name) }, extended(parseMs)));
      return answer({ body: set, headers: { location: `/api/v1/forge/protos/${set.id}` } });
    },
  }),
  route({
    method: "POST",
    path: "/forge/validate",
    access: reads,
    summary: "Say what is wrong with .proto files, and what is in them; nothing is stored",
    body: protoFiles,
    takesFiles: true,
    response: z.strictObject({ ok: z.boolean(), problems: z.array(problemShape), services: z.array(serviceShape) }),
    handle: async ({ body, extended }, { forge }) => {
      const { ok, problems, services } = await forge.validateProto(body, extended(parseMs));
      return { ok, problems: problems.map(problemView), services: services.map(serviceView) };
    },
  }),
  route({
    method: "GET",
    path: "/forge/protos",
    access: reads,
    summary: "Stored sets of .proto files",
    query: z.strictObject(paging),
    response: pageOf(protoSetShape),
    handle: async ({ query, call }, { forge }) => {
      const { items, nextCursor } = await forge.listProtoSets(query, call);
      return page(items.map(protoSetView), nextCursor);
    },
  }),
  route({
    method: "GET",
    path: "/forge/protos/{id}",
    access: reads,
    summary: "One set, with its services and methods",
    response: protoSetShape,
    handle: async ({ params, call }, { forge }) => protoSetView(await forge.getProtoSet({ id: params["id"]! }, call)),
  }),
  route({
    method: "DELETE",
    path: "/forge/protos/{id}",
    access: writes,
    summary: "Delete a set",
    response: undefined,
    audit: "proto_set.delete",
    handle: async ({ params, call }, { forge }) => void (await forge.deleteProtoSet({ id: params["id"]! }, call)),
  }),
  route({
    method: "POST",
    path: "/forge/protos/{id}/checks",
    access: writes,
    summary: "Propose checks for the services of a set, and create them when asked to",
    body: z.strictObject({
      address: z.string().min(1).max(300),
      tls: z.boolean().default(false),
      methods: z.array(z.string().max(500)).max(1_000).default([]),
      create: z.boolean().default(false),
    }),
    response: z.strictObject({ checks: z.array(jsonObject), created: z.array(checkShape) }),
    audit: "proto_set.checks",
    handle: async ({ params, body: { create, ...wanted }, call }, roles) => {
      const { checks } = await roles.forge.generateConfig({ protoSetId: params["id"]!, ...wanted }, call);
      return { checks, created: create ? await createAll(checks, call, roles) : [] };
    },
  }),
  route({
    method: "POST",
    path: "/forge/protos/{id}/code",
    access: reads,
    summary: "Client code for a set",
    body: z.strictObject({ language: z.string().min(1).max(50) }),
    response: z.strictObject({ files: z.array(z.strictObject({ path: z.string(), text: z.string() })) }),
    handle: async ({ params, body, call }, { forge }) => {
      const { files } = await forge.generateCode({ protoSetId: params["id"]!, ...body }, call);
      return { files: files.map(({ path, text }) => ({ path, text })) };
    },
  }),
  route({
    method: "GET",
    path: "/forge/templates",
    access: reads,
    summary: "What can be generated",
    response: listOf(forgeTemplateShape),
    handle: async ({ call }, { forge }) => ({ items: (await forge.listTemplates({}, call)).items.map(forgeTemplateView) }),
  }),
];

/** A set that nobody named is called after its first file: `api/shop.proto` → `shop`. */
function nameOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/\.proto$/, "");
}

/** All or none: when one is refused, those before it are taken back. */
async function createAll(documents: JsonObject[], call: Call, roles: Roles) {
  const created: Awaited<ReturnType<typeof createCheck>>[] = [];
  try {
    for (const document of documents) created.push(await createCheck(document, call, roles));
    return created;
  } catch (error) {
    for (const { id } of created) await roles.config.deleteCheck({ id }, call);
    throw error;
  }
}
