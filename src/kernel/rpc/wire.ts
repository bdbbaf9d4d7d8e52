/** What goes over the wire beside the messages: who calls, what went wrong, and whether anything was done. */
import * as grpc from "@grpc/grpc-js";
import { create, fromBinary, toBinary, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { Actor, Call } from "../call.ts";
import { AppError, codeOfGrpcStatus, grpcStatusOf, isErrorCode } from "../errors.ts";
import type { Contract } from "./contract.ts";

const maxMessageBytes = 16 * 1024 * 1024;

export const channelOptions: grpc.ChannelOptions = {
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": maxMessageBytes,
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
  "grpc.enable_http_proxy": 0,
};

export type Wire = grpc.MethodDefinition<Message, Message>;

export function definitionOf(contract: Contract): Record<string, Wire> {
  const definition: Record<string, Wire> = {};
  for (const method of contract.methods) {
    definition[method.localName] = {
      path: `/${contract.typeName}/${method.name}`,
      originalName: method.localName,
      requestStream: method.methodKind === "bidi_streaming" || method.methodKind === "client_streaming",
      responseStream: method.methodKind === "bidi_streaming" || method.methodKind === "server_streaming",
      requestSerialize: serializer(method.input),
      requestDeserialize: (bytes) => fromBinary(method.input, bytes),
      responseSerialize: serializer(method.output),
      responseDeserialize: (bytes) => fromBinary(method.output, bytes),
    };
  }
  return definition;
}

function serializer(schema: DescMessage): (value: Message) => Buffer {
  return (value) => {
    const bytes = toBinary(schema, create(schema, value as never));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

// --- who calls ---

export function metadataOf(call: Call, peerToken: string): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set("up-tenant", call.tenantId);
  metadata.set("up-actor", JSON.stringify(call.actor));
  metadata.set("up-request", call.requestId);
  if (call.traceparent !== "") metadata.set("traceparent", call.traceparent);
  if (peerToken !== "") metadata.set("up-peer", peerToken);
  return metadata;
}

export function firstOf(metadata: grpc.Metadata, name: string): string {
  return String(metadata.get(name)[0] ?? "");
}

export function callOf(metadata: grpc.Metadata, deadline: grpc.Deadline, signal: AbortSignal): Call {
  return {
    tenantId: firstOf(metadata, "up-tenant"),
    actor: JSON.parse(firstOf(metadata, "up-actor") || '{"type":"anonymous","id":"","role":"none","ip":""}') as Actor,
    requestId: firstOf(metadata, "up-request"),
    traceparent: firstOf(metadata, "traceparent"),
    deadlineMs: typeof deadline === "number" ? deadline : deadline.getTime(),
    signal,
  };
}

// --- what went wrong ---

/** Why a server did nothing with a call, which may therefore go to another one whatever it asks for. */
export type NotDone = "up-not-leading" | "up-draining";

export function statusOf(error: AppError, notDone?: NotDone): grpc.ServerErrorResponse {
  const metadata = new grpc.Metadata();
  metadata.set("up-code", error.code);
  metadata.set("up-detail-bin", Buffer.from(JSON.stringify({ fields: error.fields, retryAfterS: error.retryAfterS })));
  if (notDone) metadata.set(notDone, "1");
  return Object.assign(new Error(error.message), { code: grpcStatusOf(error.code), details: error.message, metadata });
}

/**
 * answered: the role said no.
 * not_done: nobody began with it, so that another may.
 * lost: it was sent and no answer came; whether it was done is not known.
 * late: no answer came in time.
 * abandoned: the caller went away.
 */
export type FailureKind = "answered" | "not_done" | "lost" | "late" | "abandoned";

/** Stays within this folder: what leaves it is `error`. */
export class CallFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly error: AppError,
    /** The role runs there, and leads elsewhere. */
    readonly standsBy = false,
  ) {
    super(error.message);
  }
}

/** Of grpc-js, when a call failed before it had a connection. */
const neverSent = /^(round_robin: )?No connection established/;
/** Of grpc-js, when the time of a call was up and it had still no connection. */
const neverConnected = /^Deadline exceeded .*Waiting for LB pick/;
export const noConnection = "call failed: there was no connection in time";
export const noConnectionSince = "call failed: no connection: ";
/** Of grpc-js, when the connection or the other side broke off. */
const brokenOff = /RST_STREAM|Connection dropped|socket hang up|ECONNRESET/;

export function failureOf(error: grpc.ServiceError, isAborted: boolean): CallFailure {
  const code = error.metadata?.get("up-code")[0];
  const is = (mark: NotDone) => error.metadata?.get(mark)[0] === "1";
  if (isErrorCode(code)) {
    const detail = error.metadata.get("up-detail-bin")[0];
    const known = new AppError(code, error.details, detail === undefined ? {} : (JSON.parse(detail.toString()) as object));
    return new CallFailure(is("up-not-leading") || is("up-draining") ? "not_done" : "answered", known, is("up-not-leading"));
  }
  const kind = kindOf(error, isAborted);
  if (neverConnected.test(error.details)) return new CallFailure("not_done", new AppError("unavailable", noConnection));
  const known = kind === "lost" ? "unavailable" : codeOfGrpcStatus(error.code);
  return new CallFailure(kind, new AppError(known, `call failed: ${wordsOf(error.details)}`, { cause: error }));
}

function kindOf({ code, details }: grpc.ServiceError, isAborted: boolean): FailureKind {
  if (code === grpc.status.DEADLINE_EXCEEDED) return "late";
  if (code === grpc.status.CANCELLED) return isAborted ? "abandoned" : "lost";
  if (code === grpc.status.UNAVAILABLE) return neverSent.test(details) ? "not_done" : "lost";
  return code === grpc.status.INTERNAL && brokenOff.test(details) ? "lost" : "answered";
}

const notOurs = /self signed certificate( in certificate chain)?|unable to (verify the first certificate|get local issuer certificate)|certificate signature failure/;

/** The library says twice that there is no connection, when it failed, and what its look-up said, which is nothing here. */
function wordsOf(details: string): string {
  return details
    .replace(/^round_robin: /, "")
    .replace(/^(No connection established\. Last error: )+(Error: )?/, "no connection: ")
    .replace(notOurs, "its certificate is not of our authority ($&)")
    .replace(/ \(\d{4}-[^)]*Z\)/, "")
    .replace(/\.? Resolution note: $/, "");
}
