/**
 * Secrets inside a check's target: sealed in the store, "***" wherever a person reads the check, whole for the roles that run it.
 * Which paths are secret is said by the check document, beside the fields themselves.
 */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { type FieldError, pointerOf } from "#kernel/errors";
import { isObject } from "#kernel/merge_patch";
import { isSecretPath } from "#ports/check_targets";
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

export interface Kept {
  target: JsonObject;
  /** Where "***" cannot stand for what is stored. */
  fields: FieldError[];
}

/**
 * A person who read "***" and sends it back means: keep what is there. But only for the destination it was stored for:
 * whoever may edit a check, but may not read its secrets, could otherwise have them sent to a host of their own.
 */
export function keepMasked(stored: Check | undefined, type: JsonValue | undefined, next: JsonObject): Kept {
  const before = stored?.target ?? {};
  const moved = stored === undefined || type !== stored.type || destinationOf(stored.type, next) !== destinationOf(stored.type, before);
  const fields: FieldError[] = [];
  const target = mapSecrets(typeof type === "string" ? type : "", next, (text, path) => {
    if (text !== mask) return text;
    const kept = path.reduce<JsonValue | undefined>((at, key) => (isObject(at) ? at[key] : undefined), before);
    if (typeof kept !== "string") fields.push({ pointer: pointerOf(["target", ...path]), message: `nothing is stored here that "${mask}" could stand for: type the value` });
    else if (moved) fields.push({ pointer: pointerOf(["target", ...path]), message: "type it again: the check now connects elsewhere, and a stored secret is sent only to where it was stored for" });
    else return kept;
    return text;
  });
  return { target, fields };
}

/** Everything that decides who gets to read what a probe sends. */
function destinationOf(type: string, target: JsonObject): string {
  const at = (...path: string[]) => path.reduce<JsonValue | undefined>((value, key) => (isObject(value) ? value[key] : undefined), target);
  const headers = at("headers");
  const hosts = isObject(headers) ? Object.entries(headers).filter(([name]) => name.toLowerCase() === "host") : [];
  const isEncrypted = type === "grpc" || type === "tcp" ? at("tls") !== undefined && at("tls") !== false : undefined;
  return JSON.stringify([
    ...[at("url"), at("auth", "tokenUrl"), at("proxy", "url")].map(originOf),
    ...[at("host"), at("port"), at("server"), at("address"), at("authority"), at("resolve"), at("starttls"), at("tls", "skipVerify"), at("tls", "caPem"), at("tls", "serverName")].map((value) => JSON.stringify(value ?? "").toLowerCase()),
    hosts.map(([, value]) => value),
    isEncrypted,
  ]);
}

function originOf(url: JsonValue | undefined): JsonValue {
  return typeof url === "string" && URL.canParse(url) ? new URL(url).origin : (url ?? "");
}

function mapSecrets(type: string, target: JsonObject, change: (text: string, path: string[]) => string): JsonObject {
  const walk = (value: JsonValue, path: string[]): JsonValue => {
    if (typeof value === "string") return value !== "" && isSecretPath(type, path) ? change(value, path) : value;
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, [...path, key])]));
  };
  return walk(target, []) as JsonObject;
}
