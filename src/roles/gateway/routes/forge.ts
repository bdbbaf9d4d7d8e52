/** From .proto files to gRPC checks and client code. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { Call } from "#kernel/call";
import { grpcServer } from "#ports/targets/grpc";
import { z } from "zod";
import { answer } from "../answer.ts";
import { createCheck } from "../check_documents.ts";
import { reflectionMs } from "../reflect.ts";
import { route, type Roles } from "../route.ts";
import { checkShape } from "../views/checks.ts";
import {
  forgeTemplateShape,
  forgeTemplateView,
  problemShape,
  problemView,
  protoSetShape,
  protoSetView,
  protoTypeShape,
  protoTypeView,
  serviceShape,
  serviceView,
} from "../views/forge.ts";
import { jsonObject, listOf, page, pageOf, paging } from "../views/shared.ts";

const reads = { role: "viewer", scope: "forge:read" } as const;
const writes = { role: "editor", scope: "forge:write" } as const;
/** Large sets take a while to parse. */
const parseMs = 30_000;

const name = z.string().max(200).default("");
const files = z.array(z.strictObject({ name: z.string().min(1).max(500), text: z.string() })).min(1).max(2_000);
const protoFiles = z.strictObject({ name, files });
const server = { reflection: grpcServer.address.meta({ description: "host:port of a gRPC server that is asked for its descriptors" }), tls: grpcServer.tls, metadata: grpcServer.metadata };

/** Files, or the server that says what they would. */
const newSet = z.strictObject({ name, files: files.optional(), ...server, reflection: server.reflection.optional() }).superRefine((value, context) => {
  const problem = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  if (value.reflection !== undefined) {
    if (value.files) problem("reflection", "excludes files");
    return;
  }
  if (!value.files) problem("files", "required, unless reflection names a server to ask");
  for (const key of ["tls", "metadata"] as const) if (value[key] !== undefined) problem(key, "goes with reflection");
});

type Server = z.infer<z.ZodObject<typeof grpcServer>>;

export const forgeRoutes = [
  route({
    method: "POST",
    path: "/forge/protos",
    access: writes,
    summary: "Store .proto files as a set, or what a gRPC server says of itself by reflection",
    body: newSet,
    bodyShape: z.union([protoFiles, z.strictObject({ name, ...server })]),
    takesFiles: true,
    response: protoSetShape,
    status: 201,
    audit: "proto_set.create",
    handle: async ({ body, extended }, roles) => {
      const { name, files = [], reflection, ...how } = body;
      const stored =
        reflection === undefined
          ? await roles.forge.parseProto({ files, name: name || nameOf(files[0]!.name) }, extended(parseMs))
          : await importFrom({ address: reflection, ...how }, name, extended(reflectionMs + parseMs), roles);
      const set = protoSetView(stored);
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
    method: "GET",
    path: "/forge/protos/{id}/types",
    access: reads,
    summary: "A message or an enum of a set, and all that it is made of",
    query: z.strictObject({ name: z.string().min(1).max(500).meta({ description: "full name, such as shop.v1.Order" }) }),
    response: listOf(protoTypeShape),
    handle: async ({ params, query, extended }, { forge }) => ({ items: (await forge.describeTypes({ id: params["id"]!, ...query }, extended(parseMs))).types.map(protoTypeView) }),
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
      address: z.string().max(300).default("").meta({ description: "host:port; left out, the server that described the set, with its TLS" }),
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

/** A set that nobody named is called after the server, so that it is the next version of the one before. */
async function importFrom(server: Server, name: string, call: Call, { reflect, forge }: Roles) {
  const { fileDescriptorSet, services, undescribed, offersHealth } = await reflect(server, call);
  const { address, tls = false } = server;
  const how = typeof tls === "boolean" ? { tls } : { tls: true, tlsOptions: withoutKeys(tls) };
  return forge.importDescriptors({ name: name || address.slice(0, 100), fileDescriptorSet, services, undescribed, source: { address, ...how, offersHealth } }, call);
}

/** A client's key is a secret, and its certificate is nothing without the key. */
function withoutKeys({ caPem, serverName, minVersion, skipVerify }: Exclude<Server["tls"], boolean | undefined>): JsonObject {
  return JSON.parse(JSON.stringify({ caPem, serverName, minVersion, skipVerify })) as JsonObject;
}

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
