/** A gRPC target, read once per version of a check. */
import { authorityOf, createEndpoint, type Endpoint } from "../net/endpoint.ts";
import { encodeH2 } from "../net/h2.ts";
import type { IpFamily } from "../net/resolver.ts";
import { prepareTls, type TlsTarget } from "../net/tls.ts";
import { healthCodec, type GrpcCodec } from "./grpc_codec.ts";
import { CallDescriptors } from "./grpc_descriptors.ts";
import { framed } from "./grpc_messages.ts";
import type { ReflectionVersion } from "./grpc_reflection.ts";
import type { JsonObject } from "./probe.ts";

export interface GrpcTarget {
  address: string;
  mode?: "health" | "call";
  service?: string;
  method?: string;
  request?: JsonObject;
  protoSetId?: string;
  descriptorSet?: string;
  reflection?: boolean | ReflectionVersion;
  metadata?: Record<string, string | string[]>;
  auth?: { type: "bearer"; token: string };
  tls?: boolean | TlsTarget;
  authority?: string;
  ipFamily?: IpFamily;
  resolve?: string;
}

export interface PreparedGrpc {
  service: string;
  isHealth: boolean;
  endpoint: Endpoint;
  authority: string;
  metadata: [string, string][];
  /** Known at once for the health protocol. */
  health: GrpcCodec | undefined;
  protoSetId: string | undefined;
  descriptorSet: Uint8Array | undefined;
  /** To be tried in this order; none when the server is not asked. */
  reflection: readonly ReflectionVersion[];
  descriptors: CallDescriptors;
  /** The whole request as it goes over the wire, the same for every attempt. */
  encoded: { codec: GrpcCodec; bytes: Uint8Array } | undefined;
}

/** Throws an Error when the target cannot be used. */
export function readTarget(target: GrpcTarget): PreparedGrpc {
  const at = target.address.lastIndexOf(":");
  const host = target.address.slice(0, at).replace(/^\[|\]$/g, "");
  const port = Number(target.address.slice(at + 1));
  const tls = target.tls === undefined || target.tls === false ? undefined : prepareTls(host, target.tls === true ? {} : target.tls, ["h2"]);
  const isHealth = (target.mode ?? "health") === "health";
  const { service = "", method = "", request = {} } = target;
  const prepared: PreparedGrpc = {
    service,
    isHealth,
    endpoint: createEndpoint({ host, port, family: target.ipFamily, resolve: target.resolve, tls }),
    authority: target.authority ?? authorityOf(host, port),
    metadata: metadataOf(target),
    health: isHealth ? healthCodec(service) : undefined,
    protoSetId: target.protoSetId,
    descriptorSet: target.descriptorSet === undefined ? undefined : Buffer.from(target.descriptorSet, "base64"),
    reflection: isHealth ? [] : versionsOf(target.reflection),
    descriptors: new CallDescriptors({ service, method, request }),
    encoded: undefined,
  };
  if (prepared.descriptorSet) prepared.descriptors.fromSet(prepared.descriptorSet);
  return prepared;
}

function versionsOf(reflection: GrpcTarget["reflection"]): ReflectionVersion[] {
  if (reflection === true) return ["v1", "v1alpha"];
  return reflection ? [reflection] : [];
}

function metadataOf({ metadata = {}, auth }: GrpcTarget): [string, string][] {
  const pairs = Object.entries(metadata).flatMap(([key, values]) => {
    const name = key.toLowerCase();
    // Without the padding, as the protocol asks of senders.
    const wire = (value: string) => (name.endsWith("-bin") ? value.replace(/=+$/, "") : value);
    return [values].flat().map((value): [string, string] => [name, wire(value)]);
  });
  if (auth) pairs.push(["authorization", `Bearer ${auth.token}`]);
  if (!pairs.some(([name]) => name === "user-agent")) pairs.push(["user-agent", "UptimePing"]);
  return pairs;
}

export interface CallStream {
  path: string;
  message: Uint8Array;
  leftMs: number;
  stream?: number;
  /** More messages follow. */
  continues?: boolean;
}

/** The deadline always travels along (`grpc-timeout`). Throws an Error when the message is too large. */
export function encodeCallStream({ authority, metadata, endpoint }: PreparedGrpc, { path, message, leftMs, stream, continues }: CallStream): Uint8Array {
  const headers: [string, string][] = [["te", "trailers"], ["content-type", "application/grpc"], ["grpc-timeout", `${leftMs}m`], ...metadata];
  return encodeH2({ path, authority, isSecure: endpoint.tls !== undefined, headers, body: framed(message), stream, continues });
}
