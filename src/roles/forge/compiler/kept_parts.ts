/**
 * The parts of a descriptor that are kept: what is on the wire or in JSON, what was checked, and the few options that change either. Source
 * locations, custom options and unknown fields go, as they never come into being for an upload.
 */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import {
  type DescriptorProto,
  type DescriptorProtoSchema,
  type EnumDescriptorProto,
  type EnumDescriptorProtoSchema,
  type FeatureSet,
  FeatureSetSchema,
  type FieldDescriptorProto,
  type FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  type ServiceDescriptorProto,
  type ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { join } from "./scan.ts";

/** Imports that are not `known` and services that are not among the `services` are left out. */
export function keptFile(file: FileDescriptorProto, known: ReadonlySet<string>, services: ReadonlySet<string>): FileDescriptorProto {
  return create(FileDescriptorProtoSchema, {
    ...own(file, "name", "package", "syntax", "edition"),
    dependency: file.dependency.filter((path) => known.has(path)),
    messageType: file.messageType.map(keptMessage),
    enumType: file.enumType.map(keptEnum),
    extension: file.extension.map(keptField),
    service: file.service.filter(({ name }) => services.has(join(file.package, name))).map(keptService),
    ...options(file.options),
  });
}

function keptMessage(message: DescriptorProto): MessageInitShape<typeof DescriptorProtoSchema> {
  return {
    name: message.name,
    field: message.field.map(keptField),
    oneofDecl: message.oneofDecl.map(({ name }) => ({ name })),
    nestedType: message.nestedType.map(keptMessage),
    enumType: message.enumType.map(keptEnum),
    extension: message.extension.map(keptField),
    extensionRange: message.extensionRange.map((range) => own(range, "start", "end")),
    ...options(message.options, "mapEntry", "messageSetWireFormat"),
  };
}

function keptField(field: FieldDescriptorProto): MessageInitShape<typeof FieldDescriptorProtoSchema> {
  return {
    ...own(field, "name", "number", "label", "type", "typeName", "extendee", "defaultValue", "oneofIndex", "proto3Optional"),
    // Some compilers leave it out of what they build into a server: C++ and protobufjs do.
    jsonName: field.jsonName || protoCamelCase(field.name),
    ...options(field.options, "packed"),
  };
}

function keptEnum(type: EnumDescriptorProto): MessageInitShape<typeof EnumDescriptorProtoSchema> {
  return {
    name: type.name,
    value: type.value.map((value) => ({ ...own(value, "name", "number"), ...options(value.options) })),
    ...options(type.options, "allowAlias"),
  };
}

function keptService(service: ServiceDescriptorProto): MessageInitShape<typeof ServiceDescriptorProtoSchema> {
  return {
    name: service.name,
    method: service.method.map((method) => ({
      ...own(method, "name", "inputType", "outputType", "clientStreaming", "serverStreaming"),
      ...options(method.options, "idempotencyLevel"),
    })),
    ...options(service.options),
  };
}

const featureNames = ["fieldPresence", "enumType", "repeatedFieldEncoding", "utf8Validation", "messageEncoding", "jsonFormat", "enforceNamingStyle", "defaultSymbolVisibility"] as const;

interface Options {
  deprecated: boolean;
  features?: FeatureSet;
}

function options<T extends Options, K extends keyof T>(all: T | undefined, ...names: K[]): { options?: Pick<T, K> & Partial<Options> } {
  if (!all) return {};
  const kept: Pick<T, K> & Partial<Options> = { ...own(all, ...names), ...(all.deprecated && { deprecated: true }) };
  if (all.features) kept.features = create(FeatureSetSchema, own(all.features, ...featureNames));
  return Object.keys(kept).length === 0 ? {} : { options: kept };
}

/** Those of these parts that are set; what is not is the prototype's. */
function own<T extends object, K extends keyof T>(from: T, ...names: K[]): Pick<T, K> {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(from, name)).map((name) => [name, from[name]])) as Pick<T, K>;
}
