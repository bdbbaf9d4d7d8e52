import type { ProtoMethod, ProtoProblem, ProtoService, ProtoSet, Template } from "#contracts/uptimeping/forge/v1/forge_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { parsedOrNull, time } from "./shared.ts";

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
  })
  .meta({ id: "ProtoSet" });

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

export function protoSetView({ id, name, version, files, services, messages, warnings, createdAtMs }: ProtoSet) {
  return { id, name, version, files, services: services.map(serviceView), messages, warnings: warnings.map(problemView), createdAt: iso(createdAtMs) };
}

export function forgeTemplateView({ name, kind, title, description }: Template) {
  return { name, kind, title, description };
}
