import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ForgeService as ForgeContract, ParseProtoRequest, ProtoServiceSchema, ProtoSetSchema, ReflectionSource as ReflectionMessage, ReflectionSourceSchema } from "#contracts/uptimeping/forge/v1/forge_pb";
import { requireRole, tenantOf, type Call, type MemberRole } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { idCursor, pageSize } from "#kernel/page";
import type { Api } from "#kernel/rpc/contract";
import type { ProtoSetRecord, ReflectionSource, ServiceOutline } from "#ports/protos";
import type { ForgeService, Upload } from "./service.ts";
import { templates } from "./templates.ts";

/** A viewer reads and tries out, an editor changes what is stored. */
export function forgeHandlers(service: ForgeService): Api<typeof ForgeContract> {
  return {
    async parseProto(request, call) {
      const set = await service.parse(tenantFor(call, "editor"), uploadOf(request), call.signal);
      return setMessage(set);
    },

    async importDescriptors({ name, fileDescriptorSet, services, undescribed, source }, call) {
      const description = { name, descriptors: fileDescriptorSet, services, undescribed, source: sourceOf(source) };
      return setMessage(await service.importDescriptors(tenantFor(call, "editor"), description, call.signal));
    },

    async validateProto(request, call) {
      const answer = await service.validate(tenantFor(call, "viewer"), uploadOf(request), call.signal);
      const ok = answer.problems.every(({ severity }) => severity !== "error");
      return { ok, problems: answer.problems, services: answer.services.map(serviceMessage) };
    },

    async getProtoSet({ id }, call) {
      return setMessage(await service.get(tenantFor(call, "viewer"), id));
    },

    async listProtoSets({ limit, cursor }, call) {
      const tenantId = tenantFor(call, "viewer");
      const { items, nextCursor } = await service.list(tenantId, pageSize(limit), idCursor(cursor, "prt"));
      return { items: items.map(setMessage), nextCursor };
    },

    async deleteProtoSet({ id }, call) {
      await service.delete(tenantFor(call, "editor"), id);
      return {};
    },

    async getDescriptors({ id }, call) {
      return { fileDescriptorSet: await service.descriptors(tenantFor(call, "viewer"), id) };
    },

    async describeTypes({ id, name }, call) {
      return { types: await service.describeTypes(tenantFor(call, "viewer"), id, name, call.signal) };
    },

    async generateConfig({ protoSetId, address, tls, methods }, call) {
      return { checks: await service.proposeChecks(tenantFor(call, "viewer"), protoSetId, { address, tls, methods }) };
    },

    async generateCode({ protoSetId, language }, call) {
      return { files: await service.generateCode(tenantFor(call, "viewer"), protoSetId, language, call.signal) };
    },

    listTemplates(_request, call) {
      requireRole(call, "viewer");
      return Promise.resolve({ items: [...templates] });
    },
  };
}

function tenantFor(call: Call, atLeast: MemberRole): string {
  const tenantId = tenantOf(call);
  requireRole(call, atLeast);
  return tenantId;
}

function uploadOf(request: ParseProtoRequest): Upload {
  return { name: request.name, files: request.files.map(({ name, text }) => ({ name, text })) };
}

function setMessage(set: ProtoSetRecord): MessageInitShape<typeof ProtoSetSchema> {
  const { id, name, version, fileNames, services, warnings, messages, createdAtMs, reflection } = set;
  return { id, name, version, files: fileNames, services: services.map(serviceMessage), messages, warnings, createdAtMs, reflection: reflection && sourceMessage(reflection) };
}

function sourceOf(source: ReflectionMessage | undefined): ReflectionSource {
  if (!source) throw new AppError("invalid_argument", "no server was named that the descriptors come from");
  const { address, tls, tlsOptions, offersHealth } = source;
  return { address, tls: tls && tlsOptions ? tlsOptions : tls, offersHealth };
}

function sourceMessage({ address, tls, offersHealth }: ReflectionSource): MessageInitShape<typeof ReflectionSourceSchema> {
  return typeof tls === "boolean" ? { address, tls, offersHealth } : { address, tls: true, tlsOptions: tls, offersHealth };
}

function serviceMessage({ name, comment, methods }: ServiceOutline): MessageInitShape<typeof ProtoServiceSchema> {
  return { name, comment, methods: [...methods] };
}
