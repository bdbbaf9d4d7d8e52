/** Checks as both SQL adapters keep them: the document, and beside it what is searched by. */
import { fromJson, toJson, type JsonObject } from "@bufbuild/protobuf";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";

export interface CheckRow {
  document: string;
}

export function columnsOf(check: Check) {
  return {
    id: check.id,
    tenantId: check.tenantId,
    name: check.name,
    type: check.type,
    version: check.version,
    document: JSON.stringify(toJson(CheckSchema, check)),
    createdAt: check.createdAtMs,
    updatedAt: check.updatedAtMs,
  };
}

export function checkOf(row: CheckRow): Check {
  return fromJson(CheckSchema, JSON.parse(row.document) as JsonObject);
}
