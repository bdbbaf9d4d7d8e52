/** Proto sets as both SQL adapters keep them. */
import { AppError } from "#kernel/errors";
import type { ProtoSetRecord, ReflectionSource } from "../protos.ts";

export interface ProtoSetRow {
  id: string;
  tenant_id: string;
  name: string;
  version: number;
  file_names_json: string;
  services_json: string;
  warnings_json: string;
  messages: number;
  created_at: number;
  reflection_json: string | null;
}

export const protoSetColumns = "id, tenant_id, name, version, file_names_json, services_json, warnings_json, messages, created_at, reflection_json";

export const insertSet = `
  INSERT INTO proto_sets (${protoSetColumns})
  VALUES ($id, $tenantId, $name, $version, $fileNames, $services, $warnings, $messages, $createdAtMs, $reflection)`;

export const insertContents = `
  INSERT INTO proto_set_contents (proto_set_id, tenant_id, sources_json, descriptors) VALUES ($id, $tenantId, $sources, $descriptors)`;

/** Throws `failed_precondition` when a tenant has as many as it may. */
export function assertRoom(kept: number, maxSets: number): void {
  if (kept >= maxSets) {
    throw new AppError("failed_precondition", `the proto set cannot be stored: ${kept} are kept and ${maxSets} are allowed, delete one first`);
  }
}

export function columnsOf(record: ProtoSetRecord) {
  return {
    id: record.id,
    tenantId: record.tenantId,
    name: record.name,
    version: record.version,
    fileNames: JSON.stringify(record.fileNames),
    services: JSON.stringify(record.services),
    warnings: JSON.stringify(record.warnings),
    messages: record.messages,
    createdAtMs: record.createdAtMs,
    reflection: record.reflection ? JSON.stringify(record.reflection) : null,
  };
}

export function protoSetOf(row: ProtoSetRow): ProtoSetRecord {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    name: row.name,
    version: row.version,
    fileNames: JSON.parse(row.file_names_json) as string[],
    services: JSON.parse(row.services_json) as ProtoSetRecord["services"],
    warnings: JSON.parse(row.warnings_json) as ProtoSetRecord["warnings"],
    messages: row.messages,
    createdAtMs: row.created_at,
    reflection: row.reflection_json === null ? undefined : (JSON.parse(row.reflection_json) as ReflectionSource),
  };
}
