/** Messages of a gRPC check: the health protocol by hand, and any other from the descriptors of a stored proto set. */
import { createFileRegistry, fromBinary, fromJson, toBinary, toJson, type DescMethod, type Registry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { JsonObject } from "./probe.ts";

export interface GrpcCodec {
  path: string;
  request: Uint8Array;
  /** Whether the first message of the stream is the answer. */
  isStreaming: boolean;
  /** Throws an Error when the bytes are not such a message. */
  decode(message: Uint8Array): JsonObject;
}

/** `grpc.health.v1.HealthCheckResponse.ServingStatus` */
const servingStatuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

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

export interface GrpcCall {
  service: string;
  method: string;
  request: JsonObject;
}

const registries = new WeakMap<Uint8Array, Registry>();

/** Throws an Error when the set does not hold the method or the request does not fit its message. */
export function callCodec(descriptorSet: Uint8Array, call: GrpcCall): GrpcCodec {
  let registry = registries.get(descriptorSet);
  if (!registry) {
    registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
    registries.set(descriptorSet, registry);
  }
  const service = registry.getService(call.service);
  if (!service) throw new Error(`the proto set has no service ${call.service}`);
  const method = service.methods.find(({ name }) => name === call.method);
  if (!method) throw new Error(`service ${call.service} has no method ${call.method}, only ${service.methods.map(({ name }) => name).join(", ")}`);
  if (method.methodKind !== "unary" && method.methodKind !== "server_streaming") throw new Error(`method ${call.method} takes a stream of requests, which a check cannot send`);
  return codecOf(method, call, registry);
}

function codecOf(method: DescMethod, call: GrpcCall, registry: Registry): GrpcCodec {
  return {
    path: `/${call.service}/${call.method}`,
    request: toBinary(method.input, fromJson(method.input, call.request, { registry })),
    isStreaming: method.methodKind === "server_streaming",
    decode: (message) => toJson(method.output, fromBinary(method.output, message), { registry, alwaysEmitImplicit: true }) as JsonObject,
  };
}
