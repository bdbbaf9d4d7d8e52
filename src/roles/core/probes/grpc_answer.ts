/**
 * What an answer means to a gRPC client, from its HTTP/2 headers and trailers.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md and http-grpc-status-mapping.md beside it.
 */
import { grpcStatusCode, grpcStatusText, type GrpcStatusName } from "#ports/grpc_status";
import { failure, type Failure } from "../net/failure.ts";
import type { H2Call } from "../net/h2_call.ts";
import type { JsonObject } from "./probe.ts";

export interface GrpcStatus {
  code: number;
  /** The server's own words, or what its code was concluded from. */
  words: string | undefined;
  /** Why this is no gRPC answer at all. */
  problem: Failure | undefined;
}

const byHttpStatus: Record<string, GrpcStatusName> = {
  "400": "INTERNAL", "401": "UNAUTHENTICATED", "403": "PERMISSION_DENIED", "404": "UNIMPLEMENTED", "429": "UNAVAILABLE", "502": "UNAVAILABLE", "503": "UNAVAILABLE", "504": "UNAVAILABLE",
};

/** By the code of a RST_STREAM; any other code is INTERNAL. */
const byResetCode: Record<number, GrpcStatusName> = { 7: "UNAVAILABLE", 8: "CANCELLED", 11: "RESOURCE_EXHAUSTED", 12: "PERMISSION_DENIED" };

/** `isWhole` is false for a stream of which the first message is enough. */
export function readStatus(reader: H2Call, isWhole: boolean): GrpcStatus {
  const last = (name: string) => reader.fields.findLast(([known]) => known === name)?.[1];
  const contentType = last("content-type");
  const isGrpc = contentType === undefined || /^application\/grpc(?:[+;]|$)/i.test(contentType);
  // A status that comes before the data counts for nothing: clients read it where the answer ends.
  const trailers = reader.lastBlockAt < 0 ? [] : reader.fields.slice(reader.lastBlockAt);
  const status = trailers.findLast(([name]) => name === "grpc-status")?.[1];
  const httpStatus = last(":status");
  if (status !== undefined && isGrpc) return stated(status, last("grpc-message"));
  if (reader.resetCode !== undefined) return { code: grpcStatusCode(byResetCode[reader.resetCode] ?? "INTERNAL"), words: reader.failure?.message, problem: undefined };
  const unknown = { code: grpcStatusCode(byHttpStatus[httpStatus ?? ""] ?? "UNKNOWN"), words: undefined };
  if (httpStatus !== "200") return { ...unknown, problem: failure("http_status", `http status ${httpStatus ?? "missing"}, expected 200`) };
  if (!isGrpc) return { ...unknown, problem: failure("http_malformed", `the answer is ${JSON.stringify(contentType.slice(0, 100))}, not application/grpc: the server speaks HTTP/2, but not gRPC`) };
  if (!isWhole) return { code: 0, words: undefined, problem: undefined };
  const where = last("grpc-status") === undefined ? "it has no grpc-status" : "its grpc-status stands before the data, not in the trailers";
  return { ...unknown, problem: failure("http_malformed", `malformed response: ${where}`) };
}

function stated(status: string, message: string | undefined): GrpcStatus {
  if (!/^\d{1,3}$/.test(status)) return { code: grpcStatusCode("UNKNOWN"), words: undefined, problem: failure("http_malformed", `malformed response: grpc-status ${JSON.stringify(status.slice(0, 20))}`) };
  return { code: Number(status), words: message ? percentDecoded(message).slice(0, 500) : undefined, problem: undefined };
}

/** `grpc-message` is percent-encoded; one that is not well formed is shown as it came. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Bytes in one form, base64 with its padding, whatever the server left out; several stand in one field with commas between them. */
export function shownValue(name: string, value: string): string {
  return name.endsWith("-bin") ? value.split(",").map((one) => Buffer.from(one.trim(), "base64").toString("base64")).join(", ") : value;
}

/** What the first bytes give away of a port that speaks something else; undefined when nothing. */
export function mistakenFor(first: Buffer): Failure | undefined {
  // A TLS alert: record type 21, then the protocol's major version.
  const isAlert = first[0] === 21 && first[1] === 3;
  const isTls = isAlert || (first[0] === 72 && /^HTTP\/1\..*\bHTTPS\b/s.test(first.toString("latin1", 0, 2_000)));
  return isTls ? failure("http_malformed", "the port speaks TLS: switch tls on") : undefined;
}

const maxShownKeys = 60;
const maxShownValue = 500;

export function shownMetadata(fields: [string, string][]): JsonObject {
  const all: Record<string, string> = {};
  for (const [name, value] of fields.filter(([name]) => !name.startsWith(":")).slice(0, maxShownKeys)) {
    const text = shownValue(name, value);
    const before = Object.hasOwn(all, name) ? all[name] : undefined;
    all[name] = (before === undefined ? text : `${before}, ${text}`).slice(0, maxShownValue);
  }
  return all;
}

/**
 * Down, not unknown: the check was told to rely on the server for its descriptors, and one that stops giving them out leaves
 * the service unwatched, which nobody would notice otherwise.
 */
export function notReflected({ code, words, problem }: GrpcStatus, versions: readonly string[]): Failure {
  if (code === grpcStatusCode("UNIMPLEMENTED")) return failure("grpc_status", `server reflection is not offered: ${versions.join(" and ")} ${versions.length > 1 ? "answer" : "answers"} ${grpcStatusText(code)}`);
  if (problem) return problem;
  if (code === 0) return failure("http_malformed", "malformed response: server reflection ended without an answer");
  return failure("grpc_status", `server reflection failed: it answers ${grpcStatusText(code)}${words === undefined ? "" : ` (${words.slice(0, 200)})`}`);
}

/** The names that the TLS library has for two common mistakes. */
export function explained(problem: Failure): Failure {
  if (problem.kind !== "tls_handshake") return problem;
  if (problem.message.includes("WRONG_VERSION_NUMBER")) return failure(problem.kind, "tls handshake failed: the port does not speak TLS: switch tls off");
  if (problem.message.includes("NO_APPLICATION_PROTOCOL")) return failure(problem.kind, "tls handshake failed: the server does not speak HTTP/2 (NO_APPLICATION_PROTOCOL)");
  return problem;
}
