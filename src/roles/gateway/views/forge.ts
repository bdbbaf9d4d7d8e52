import type { ProtoMethod, ProtoProblem, ProtoService, ProtoSet, ProtoType, ReflectionSource, Template } from "#contracts/uptimeping/forge/v1/forge_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { jsonObject, parsedOrNull, time } from "./shared.ts";

export const problemShape = z
  .strictObject({ file: z.string(), line: z.number().meta({ description: "from 1; 0 when the whole file is meant" }), message: z.string(), severity: z.string() })
  .meta({ id: "ProtoProblem" });

const methodShape = z
  .strictObject({ name: z.string(), inputType: z.string(), outputType: z.string(), kind: z.string(), comment: z.string(), sampleRequest: z.unknown() })
  .meta({ id: "ProtoMethod" });

export const serviceShape = z.strictObject({ name: z.string(), comment: z.string(), methods: z.array(methodShape) }).meta({ id: "ProtoService" });

export const protoSetShape = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    version: z.number(),
    files: z.array(z.string()),
    services: z.array(serviceShape),
    messages: z.number(),
    warnings: z.array(problemShape),
    createdAt: time,
    reflection: z
      .strictObject({ address: z.string(), tls: z.union([z.boolean(), jsonObject]), offersHealth: z.boolean() })
      .nullable()
      .meta({ description: "the server that described the set; null when it was uploaded" }),
  })
  .meta({ id: "ProtoSet" });

export const protoTypeShape = z
  .strictObject({
    name: z.string().meta({ description: "full name" }),
    kind: z.string().meta({ description: "message or enum" }),
    comment: z.string(),
    fields: z.array(
      z.strictObject({
        name: z.string(),
        number: z.number(),
        type: z.string().meta({ description: 'as .proto files write it, such as "repeated string"' }),
        typeName: z.string().meta({ description: "full name of the message or enum that it holds; empty for a scalar" }),
        oneof: z.string(),
        comment: z.string(),
      }),
    ),
    values: z.array(z.strictObject({ name: z.string(), number: z.number(), comment: z.string() })),
  })
  .meta({ id: "ProtoType" });

export const forgeTemplateShape = z
  .strictObject({ name: z.string(), kind: z.string(), title: z.string(), description: z.string() })
  .meta({ id: "ForgeTemplate" });

export function problemView({ file, line, message, severity }: ProtoProblem) {
  return { file, line, message, severity };
}

export function serviceView({ name, comment, methods }: ProtoService) {
  return { name, comment, methods: methods.map(methodView) };
}

function methodView({ name, inputType, outputType, kind, comment, sampleRequestJson }: ProtoMethod) {
  return { name, inputType, outputType, kind, comment, sampleRequest: parsedOrNull(sampleRequestJson) };
}

export function protoTypeView({ name, kind, comment, fields, values }: ProtoType) {
  return {
    name,
    kind,
    comment,
    fields: fields.map(({ $typeName: _type, $unknown: _unknown, ...field }) => field),
    values: values.map(({ $typeName: _type, $unknown: _unknown, ...value }) => value),
  };
}

export function protoSetView({ id, name, version, files, services, messages, warnings, createdAtMs, reflection }: ProtoSet) {
  const shown = { id, name, version, files, services: services.map(serviceView), messages, warnings: warnings.map(problemView), createdAt: iso(createdAtMs) };
  return { ...shown, reflection: reflection ? reflectionView(reflection) : null };
}

function reflectionView({ address, tls, tlsOptions, offersHealth }: ReflectionSource) {
  return { address, tls: tlsOptions ?? tls, offersHealth };
}

export function forgeTemplateView({ name, kind, title, description }: Template) {
  return { name, kind, title, description };
}
