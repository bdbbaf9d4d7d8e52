/** What a gRPC server says that it offers. It is asked like a check that nobody saved: in a probe worker, through the same gate. */
import { create, type JsonObject, type MessageInitShape } from "@bufbuild/protobuf";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import type { ReflectDescriptorsResponseSchema } from "#contracts/uptimeping/core/v1/core_pb";
import type { FinishedRun } from "./finished_run.ts";
import type { ProbePool } from "./probe_pool.ts";
import type { ServerDescription } from "./probes/grpc_reflection_attempt.ts";

export type Reflection = MessageInitShape<typeof ReflectDescriptorsResponseSchema>;

export interface ReflectionRequest {
  tenantId: string;
  target: JsonObject;
  timeoutMs: number;
}

export function reflectServer(pool: Pick<ProbePool, "run">, { tenantId, target, timeoutMs }: ReflectionRequest): Promise<Reflection> {
  const errand = create(CheckSchema, { tenantId, type: "grpc_reflection", name: "reflection", enabled: true, target, timeoutMs });
  return new Promise((resolve) => pool.run(errand, "excerpt", { ended: (run) => resolve(reflectionOf(run)) }));
}

function reflectionOf({ error, detail }: FinishedRun): Reflection {
  const { remoteAddress = "", ...said } = (detail?.observed ?? {}) as Partial<ServerDescription> & { remoteAddress?: string };
  if (error) return { remoteAddress, error };
  const { descriptorSet = "", services, undescribed, offersHealth } = said;
  return { remoteAddress, fileDescriptorSet: Buffer.from(descriptorSet, "base64"), services, undescribed, offersHealth };
}
