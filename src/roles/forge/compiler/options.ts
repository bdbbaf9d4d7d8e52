/** The few options that change what is on the wire or what a person should know; all others are dropped. */
import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import {
  EnumOptionsSchema,
  EnumValueOptionsSchema,
  FeatureSetSchema,
  FieldOptionsSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
  MethodOptions_IdempotencyLevel,
  MethodOptionsSchema,
  ServiceOptionsSchema,
  type FeatureSet,
} from "@bufbuild/protobuf/wkt";
import type protobuf from "protobufjs";

const features = ["field_presence", "enum_type", "repeated_field_encoding", "utf8_validation", "message_encoding", "json_format", "enforce_naming_style", "default_symbol_visibility"];

type Optioned = Pick<protobuf.ReflectionObject, "options" | "parsedOptions">;

export function fieldOptions(field: Optioned) {
  const packed = flagOf(field, "packed");
  return unlessEmpty(field, { ...(packed !== undefined && { packed }) }, (init) => create(FieldOptionsSchema, init));
}

export function messageOptions(message: Optioned) {
  const wireFormat = flagOf(message, "message_set_wire_format");
  return unlessEmpty(message, { ...(wireFormat && { messageSetWireFormat: true }) }, (init) => create(MessageOptionsSchema, init));
}

export function enumOptions(type: Optioned) {
  return unlessEmpty(type, { ...(flagOf(type, "allow_alias") && { allowAlias: true }) }, (init) => create(EnumOptionsSchema, init));
}

export function enumValueOptions(options: unknown) {
  const value = { options, parsedOptions: [] } as unknown as Optioned;
  return unlessEmpty(value, {}, (init) => create(EnumValueOptionsSchema, init));
}

export function serviceOptions(service: Optioned) {
  return unlessEmpty(service, {}, (init) => create(ServiceOptionsSchema, init));
}

export function methodOptions(method: Optioned) {
  const level = method.options?.["idempotency_level"];
  const known = typeof level === "string" ? MethodOptions_IdempotencyLevel[level as keyof typeof MethodOptions_IdempotencyLevel] : undefined;
  return unlessEmpty(method, { ...(known !== undefined && { idempotencyLevel: known }) }, (init) => create(MethodOptionsSchema, init));
}

export function fileOptions(holders: Optioned[]) {
  const parsedOptions = holders.flatMap((holder) => (holder.parsedOptions ?? []) as Record<string, unknown>[]);
  const all = { options: {}, parsedOptions } as unknown as Optioned;
  return unlessEmpty(all, {}, (init) => create(FileOptionsSchema, init));
}

interface CommonOptions {
  deprecated?: boolean;
  features?: FeatureSet;
}

function unlessEmpty<S extends object, T>(holder: Optioned, special: S, make: (init: S & CommonOptions) => T): T | undefined {
  const set = featuresOf(holder);
  const init = { ...special, ...(flagOf(holder, "deprecated") && { deprecated: true }), ...(set && { features: set }) };
  return Object.keys(init).length === 0 ? undefined : make(init);
}

function flagOf(holder: Optioned, name: string): boolean | undefined {
  const options = holder.options as Record<string, unknown> | undefined;
  const value = options && Object.hasOwn(options, name) ? options[name] : undefined;
  return value === undefined ? undefined : value === true || value === "true";
}

/**
 * Only what the element itself says: the parser also copies the features of a file onto what stands at its top, but it
 * leaves those copies out of `parsedOptions`.
 */
function featuresOf(holder: Optioned): FeatureSet | undefined {
  const json: JsonObject = {};
  for (const option of (holder.parsedOptions ?? []) as Record<string, unknown>[]) {
    const said = option["features"];
    if (typeof said !== "object" || said === null) continue;
    for (const [name, value] of Object.entries(said)) if (features.includes(name) && typeof value === "string") json[name] = value;
  }
  return Object.keys(json).length === 0 ? undefined : fromJson(FeatureSetSchema, json, { ignoreUnknownFields: true });
}
