/** Target of a `grpc` check. */
import { z } from "zod";
import { encodeCall, readDescriptorSet } from "../proto_descriptors.ts";
import { address, bearer, hostProblem, ipFamily, secretHeaders, sentObject, text, tlsChoice } from "./fields.ts";

/** What the call itself says with these, nobody else may (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
const ownMetadata = new Set(["te", "content-type", "content-length", "grpc-timeout", "grpc-encoding", "grpc-accept-encoding", "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}={0,2}|[A-Za-z0-9+/]{3}=?)?$/;
const base64Set = /^[A-Za-z0-9+/]+={0,2}$/;

const metadataKey = z
  .string()
  .regex(/^[0-9A-Za-z_.-]{1,200}$/, "cannot be the key of metadata: use letters, digits and _.-")
  .refine((key) => !ownMetadata.has(key.toLowerCase()), "is set by the check itself");

const metadata = z
  .record(metadataKey, z.union([text(8_192), z.array(text(8_192)).min(1, "must hold a value").max(20, "at most 20 values")], "must be a text, or a list of texts"))
  .refine((all) => Object.keys(all).length <= 100, "at most 100 keys")
  .refine((all) => JSON.stringify(all).length <= 12_000, "must be at most 12000 characters, all keys and values together")
  .superRefine((all, context) => {
    for (const [key, value] of Object.entries(all)) {
      const problem = valueProblem(key.toLowerCase(), value);
      if (problem) context.addIssue({ code: "custom", path: [key], message: problem });
    }
  });

function valueProblem(key: string, value: string | string[]): string | undefined {
  if (Array.isArray(value) && secretHeaders.includes(key)) return "is a secret and takes one value";
  const values = Array.isArray(value) ? value : [value];
  if (key.endsWith("-bin")) return values.every((one) => base64.test(one)) ? undefined : "must be bytes in base64, because the key ends in -bin";
  return values.every((one) => /^[\x20-\x7e]*$/.test(one)) ? undefined : "must be printable ASCII: anything else goes, in base64, under a key that ends in -bin";
}

/** Undefined when it is `host:port`. */
function addressProblem(value: string): string | undefined {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^\s:/]+):(\d{1,5})$/.exec(value) ?? [];
  if (host === undefined) return "must be host:port, such as api.example.com:443";
  return hostProblem(host) ?? (Number(port) >= 1 && Number(port) <= 65_535 ? undefined : "must have a port from 1 to 65535");
}

const serverAddress = text(300).superRefine((value, context) => {
  const problem = addressProblem(value);
  if (problem) context.addIssue({ code: "custom", message: problem });
});

/** How a gRPC server is reached. Metadata of keys that end in `-bin` are bytes in base64. */
export const grpcServer = { address: serverAddress, metadata: metadata.optional(), tls: tlsChoice.optional() };

const shape = z.strictObject({
  ...grpcServer,
  mode: z.enum(["health", "call"], "must be health or call").default("health"),
  /** In mode `health` the service asked about, "" for the server as a whole; in mode `call` its full name. */
  service: text(500).optional(),
  method: text(200).optional(),
  request: sentObject.optional(),
  protoSetId: text(100).regex(/^prt_[0-9A-Za-z]+$/, "must be the id of a proto set, such as prt_01J…").optional(),
  /** A FileDescriptorSet, as `buf build` and `protoc --descriptor_set_out` write it, in base64. */
  descriptorSet: text(1_000_000).regex(base64Set, "must be a FileDescriptorSet in base64").optional(),
  /** Asks the server for its descriptors; beside a proto set or a descriptor set, what has changed against it is reported. */
  reflection: z.union([z.boolean(), z.enum(["v1", "v1alpha"])], "must be true, false, v1 or v1alpha").optional(),
  auth: bearer.optional(),
  authority: text(300).regex(/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?$/, "must be a host, with or without a port").optional(),
  ipFamily: ipFamily.optional(),
  resolve: address.optional(),
});

export const grpc = shape.superRefine((value, context) => {
  const problem = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  if (value.auth && Object.keys(value.metadata ?? {}).some((key) => key.toLowerCase() === "authorization")) problem("auth", "excludes the metadata authorization");
  if (value.mode !== "call") {
    // Whoever forgot the mode would see a health check be up, and take it for the call.
    for (const key of ["method", "request"] as const) if (value[key] !== undefined) problem(key, "belongs to mode call, and the mode is health: add \"mode\": \"call\"");
    return;
  }
  for (const key of ["service", "method"] as const) if (!value[key]) problem(key, "is required in mode call");
  if (value.protoSetId && value.descriptorSet) problem("descriptorSet", "excludes protoSetId");
  if (!value.protoSetId && !value.descriptorSet && !value.reflection) problem("protoSetId", "is required in mode call, unless descriptorSet or reflection says what the messages are");
  const wrong = callProblem(value);
  if (wrong) problem(wrong.field, wrong.message);
});

/** A call whose descriptors stand in the check can be tried at once. */
function callProblem({ descriptorSet, service, method, request }: z.infer<typeof shape>): { field: string; message: string } | undefined {
  if (!descriptorSet || !base64Set.test(descriptorSet) || !service || !method) return undefined;
  let registry;
  try {
    registry = readDescriptorSet(Buffer.from(descriptorSet, "base64"));
  } catch (error) {
    return { field: "descriptorSet", message: `cannot be used: ${(error as Error).message}` };
  }
  const call = encodeCall(registry, { service, method, request: request ?? {} }, "the descriptor set");
  return "field" in call ? call : undefined;
}
