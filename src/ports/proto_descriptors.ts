/**
 * Protobuf descriptors at run time: a set of files becomes a registry, and a call is found in it and encoded. Used where
 * checks are accepted and where they run, so that what was accepted can be sent. No code is generated from them.
 */
import { createFileRegistry, create, fromBinary, fromJson, toBinary, type DescFile, type DescMethod, type FileRegistry, type JsonObject } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import { FileDescriptorSetSchema, file_google_protobuf_any, file_google_protobuf_api, file_google_protobuf_descriptor, file_google_protobuf_duration, file_google_protobuf_empty, file_google_protobuf_field_mask, file_google_protobuf_source_context, file_google_protobuf_struct, file_google_protobuf_timestamp, file_google_protobuf_type, file_google_protobuf_wrappers, type DescriptorProto, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";

const wellKnown: DescFile[] = [
  file_google_protobuf_any, file_google_protobuf_api, file_google_protobuf_descriptor, file_google_protobuf_duration, file_google_protobuf_empty, file_google_protobuf_field_mask,
  file_google_protobuf_source_context, file_google_protobuf_struct, file_google_protobuf_timestamp, file_google_protobuf_type, file_google_protobuf_wrappers,
];

/** Files that every protobuf library brings along, by the name they are imported under. */
export const wellKnownFiles: ReadonlyMap<string, FileDescriptorProto> = new Map(wellKnown.map(({ proto }) => [proto.name, proto]));

/** Throws an Error when the bytes are not a FileDescriptorSet, or one whose parts do not fit together. */
export function readDescriptorSet(bytes: Uint8Array): FileRegistry {
  const { file } = fromBinary(FileDescriptorSetSchema, bytes);
  if (file.length === 0) throw new Error("it holds no file");
  return registryOf(file);
}

/** Takes files in any order. Throws an Error when an import is missing or goes round in a circle. */
export function registryOf(files: readonly FileDescriptorProto[]): FileRegistry {
  for (const file of files) for (const message of file.messageType) nameInJson(message);
  return createFileRegistry(create(FileDescriptorSetSchema, { file: importsFirst(files) }));
}

/** Some compilers leave the JSON names out of what they build into a server: C++ and protobufjs do. */
function nameInJson(message: DescriptorProto): void {
  for (const field of message.field) if (!field.jsonName) field.jsonName = protoCamelCase(field.name);
  for (const nested of message.nestedType) nameInJson(nested);
}

function importsFirst(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const ordered = new Set<FileDescriptorProto>();
  const open = new Set<FileDescriptorProto>();
  const visit = (file: FileDescriptorProto) => {
    if (ordered.has(file)) return;
    if (open.has(file)) throw new Error(`${file.name} imports itself`);
    open.add(file);
    for (const name of file.dependency) {
      const imported = byName.get(name) ?? wellKnownFiles.get(name);
      if (!imported) throw new Error(`${file.name} imports ${name}, which is missing: build the set with its imports (protoc --include_imports, buf build)`);
      visit(imported);
    }
    open.delete(file);
    ordered.add(file);
  };
  for (const file of byName.values()) visit(file);
  return [...ordered];
}

export interface GrpcCall {
  /** Full name: package.Service. */
  service: string;
  method: string;
  request: JsonObject;
}

export interface EncodedCall {
  method: DescMethod;
  request: Uint8Array;
}

/** Why a call cannot be made, and the part of it that is to blame. */
export interface CallProblem {
  field: "service" | "method" | "request";
  message: string;
  /** The call is there, but a check cannot make it. */
  isUnsupported?: true;
}

/** `holder` is what the descriptors are called in messages, such as "the descriptor set". */
export function encodeCall(registry: FileRegistry, call: GrpcCall, holder: string): EncodedCall | CallProblem {
  const service = registry.getService(call.service);
  if (!service) return { field: "service", message: `${holder} has no service ${call.service}${among([...registry].filter(({ kind }) => kind === "service").map(({ typeName }) => typeName))}` };
  const method = service.methods.find(({ name }) => name === call.method);
  if (!method) return { field: "method", message: `service ${call.service} has no method ${call.method}${among(service.methods.map(({ name }) => name))}` };
  if (method.methodKind !== "unary" && method.methodKind !== "server_streaming") return { field: "method", message: `method ${call.method} takes a stream of requests, which a check cannot send`, isUnsupported: true };
  try {
    return { method, request: toBinary(method.input, fromJson(method.input, call.request, { registry })) };
  } catch (error) {
    return { field: "request", message: `the request does not fit ${method.input.typeName}: ${(error as Error).message}` };
  }
}

function among(names: string[]): string {
  if (names.length === 0) return "";
  return `, only ${names.slice(0, 10).join(", ")}${names.length > 10 ? ` and ${names.length - 10} more` : ""}`;
}
