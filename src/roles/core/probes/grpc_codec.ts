/** Messages of a gRPC check: the health protocol by hand, and any other from descriptors. */
import { create, createFileRegistry, fromBinary, toJson, type DescMessage, type FileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { servingStatuses } from "#ports/assertion_language";
import type { EncodedCall } from "#ports/proto_descriptors";
import type { JsonObject } from "./probe.ts";

export interface GrpcCodec {
  path: string;
  request: Uint8Array;
  /** Whether the first message of the stream is the answer. */
  isStreaming: boolean;
  /** Throws an Error when the bytes are not such a message. */
  decode(message: Uint8Array): JsonObject;
}

/** https://github.com/grpc/grpc/blob/master/doc/health-checking.md: both messages have one field, number 1. */
export function healthCodec(service: string): GrpcCodec {
  const name = Buffer.from(service);
  return {
    path: "/grpc.health.v1.Health/Check",
    request: name.length === 0 ? name : Buffer.concat([Buffer.from([10, ...varint(name.length)]), name]),
    isStreaming: false,
    decode(message) {
      const status = message.length === 0 ? 0 : message[0] === 8 ? message[1]! : -1;
      if (!servingStatuses[status]) throw new Error("the answer is not a health check response");
      return { status: servingStatuses[status] };
    },
  };
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}

export function callCodec({ method, request }: EncodedCall, registry: FileRegistry): GrpcCodec {
  const json = (message: Uint8Array, known: FileRegistry) => toJson(method.output, fromBinary(method.output, message), { registry: known, alwaysEmitImplicit: true }) as JsonObject;
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    request,
    isStreaming: method.methodKind === "server_streaming",
    decode(message) {
      try {
        return json(message, registry);
      } catch (error) {
        if (!(error as Error).message.includes("is not in the type registry")) throw error;
        return json(message, withUnknownTypes(registry));
      }
    },
  };
}

/** A `google.protobuf.Any` may hold what the descriptors do not know: its type is then all that is shown of it. */
function withUnknownTypes(registry: FileRegistry): FileRegistry {
  return Object.assign(Object.create(registry) as FileRegistry, { getMessage: (typeName: string) => registry.getMessage(typeName) ?? emptyMessage(typeName) });
}

function emptyMessage(typeName: string): DescMessage | undefined {
  const at = typeName.lastIndexOf(".");
  const file = { name: "unknown.proto", package: typeName.slice(0, Math.max(at, 0)), syntax: "proto3", messageType: [{ name: typeName.slice(at + 1) }] };
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getMessage(typeName);
}
