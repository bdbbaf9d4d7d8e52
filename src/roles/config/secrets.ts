/**
 * Secrets inside a check's target: sealed in the store, "***" wherever a person reads the check, whole for the roles that run it.
 * Which paths are secret is said by the check document, beside the fields themselves.
 */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { isObject } from "#kernel/merge_patch";
import { secretPathsOf } from "#ports/check_document";
import type { Vault } from "#ports/vault";

const mask = "***";
const sealedMark = "sealed:";

/** As a person sees it. */
export function masked(check: Check): Check {
  return { ...check, target: mapSecrets(check.type, check.target ?? {}, () => mask) };
}

export function sealed(check: Check, vault: Vault): Check {
  const place = { tenantId: check.tenantId, kind: "check.target", id: check.id };
  return { ...check, target: mapSecrets(check.type, check.target ?? {}, (plain) => sealedMark + vault.seal(place, plain)) };
}

export function opened(check: Check, vault: Vault): Check {
  const place = { tenantId: check.tenantId, kind: "check.target", id: check.id };
  return {
    ...check,
    target: mapSecrets(check.type, check.target ?? {}, (text) => (text.startsWith(sealedMark) ? vault.open(place, text.slice(sealedMark.length)) : text)),
  };
}

/** A person who read "***" and sends it back means: keep what is there. */
export function keepMasked(type: string, next: JsonObject, stored: JsonObject): JsonObject {
  return mapSecrets(type, next, (text, path) => {
    if (text !== mask) return text;
    const kept = path.reduce<JsonValue | undefined>((at, key) => (isObject(at) ? at[key] : undefined), stored);
    return typeof kept === "string" ? kept : text;
  });
}

function mapSecrets(type: string, target: JsonObject, change: (text: string, path: string[]) => string): JsonObject {
  const secrets = new Set<string>(secretPathsOf(type as Parameters<typeof secretPathsOf>[0]));
  // Header names are compared without case; no other path of a target differs from another by case alone.
  const isSecret = (path: string[]) => secrets.has(path.join(".")) || secrets.has(path.join(".").toLowerCase());
  const walk = (value: JsonValue, path: string[]): JsonValue => {
    if (typeof value === "string") return value !== "" && isSecret(path) ? change(value, path) : value;
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, [...path, key])]));
  };
  return walk(target, []) as JsonObject;
}
