/** What a result says of what was observed, read without trusting its shape. */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Result } from "#contracts/uptimeping/core/v1/core_pb";
import { isObject } from "#kernel/merge_patch";

export function factsOf(result: Result): JsonObject {
  return result.observed ?? {};
}

export function textIn(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

export function numberIn(object: JsonObject, key: string): number {
  const value = object[key];
  return typeof value === "number" ? value : 0;
}

export function objectIn(object: JsonObject, key: string): JsonObject {
  return asObject(object[key]);
}

export function listIn(object: JsonObject, key: string): JsonValue[] {
  const value = object[key];
  return Array.isArray(value) ? value : [];
}

export function asObject(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** 1.1 or 2; 0 when nothing was answered. */
export function httpVersionOf(result: Result): number {
  const facts = factsOf(result);
  if (numberIn(facts, "status") === 0) return 0;
  return Number(textIn(facts, "httpVersion") || "1.1");
}
