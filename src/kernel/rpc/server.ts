/**
 * The serving half of the far transport: serves any contract over gRPC. No role writes gRPC code.
 *
 * A server that stops first says so (`draining`), then refuses new calls in a way that sends them elsewhere, ends streams in
 * that way too, lets calls that run finish within their grace, and only then cuts.
 */
import type { Http2SecureServer } from "node:http2";
import type { Socket } from "node:net";
import * as grpc from "@grpc/grpc-js";
import type { Clock } from "../clock.ts";
import { AppError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Api, Contract } from "./contract.ts";
import { createRefusals, type Refusals } from "./refusals.ts";
import { handlersOf, type Admission, type Serving } from "./serving.ts";
import type { TlsIdentity } from "./tls.ts";
import { channelOptions, definitionOf } from "./wire.ts";

export interface GrpcServer {
  mount<C extends Contract>(contract: C, api: Api<C>, admission?: Admission): void;
  /** Binds one more address; port 0 picks a free one. Gives the bound port. */
  listen(host: string, port: number): Promise<number>;
  /** Aborted when the server begins to stop. */
  draining: AbortSignal;
  /** Refuses new calls, waits up to `graceMs` for those that run, then ends them. */
  stop(graceMs: number): Promise<void>;
}

export interface GrpcServerOptions {
  log: Log;
  clock: Clock;
  /** When not empty, every caller must show it: the cheap half of "internal services are private". */
  peerToken?: string;
  /** When given, every caller must show a certificate of our authority. */
  tls?: TlsIdentity | undefined;
}

export function createGrpcServer({ log, clock, peerToken = "", tls }: GrpcServerOptions): GrpcServer {
  const server = new grpc.Server(channelOptions);
  const drain = new AbortController();
  const refusals = createRefusals(log, clock);
  const serving: Serving = { log, refusals, peerToken, isTls: tls !== undefined, draining: drain.signal };
  return {
    mount(contract, api, admission = {}) {
      server.addService(definitionOf(contract) as grpc.ServiceDefinition, handlersOf(contract, api as never, { ...serving, admission }));
    },
    async listen(host, port) {
      const bound = await bind(server, host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`, tls);
      if (tls) noteRefusedHandshakes(server, refusals, log);
      return bound;
    },
    draining: drain.signal,
    stop: (graceMs) =>
      new Promise((resolve) => {
        drain.abort();
        const force = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, graceMs);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

function bind(server: grpc.Server, address: string, tls: TlsIdentity | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, tls?.serverCredentials() ?? grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(new AppError("unavailable", `cannot listen for gRPC on ${address}: ${error.message}`, { cause: error })) : resolve(bound),
    );
  });
}

const listened = new WeakSet<Http2SecureServer>();

/** A caller whose certificate is refused gets no further than the handshake, of which the library tells nobody. */
function noteRefusedHandshakes(server: grpc.Server, refusals: Refusals, log: Log): void {
  const { http2Servers } = server as unknown as { http2Servers?: Map<Http2SecureServer, unknown> };
  for (const one of http2Servers?.keys() ?? []) {
    if (listened.has(one)) continue;
    listened.add(one);
    one.on("tlsClientError", (error: Error & { code?: string }, socket: Socket | undefined) => {
      const from = socket?.remoteAddress ?? "";
      // Whoever looks whether the port is open does this, and a caller that does not trust our certificate, which says so itself.
      if (error.code === "ECONNRESET") log.debug("a caller hung up during the TLS handshake", { from });
      else refusals.note("a caller was refused at the TLS handshake", { reason: wordsOf(error), from });
    });
  }
}

function wordsOf(error: Error & { code?: string }): string {
  const words: Record<string, string> = {
    ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "it showed no certificate",
    CERT_HAS_EXPIRED: "its certificate has expired",
    CERT_NOT_YET_VALID: "its certificate is not valid yet",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is not of our authority",
    SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not of our authority",
    DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is not of our authority",
    CERT_SIGNATURE_FAILURE: "its certificate is not of our authority",
    ERR_SSL_UNSUPPORTED_PROTOCOL: "it does not speak TLS 1.3",
    ERR_SSL_HTTP_REQUEST: "it does not speak TLS",
    ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS",
  };
  return words[error.code ?? ""] ?? messageOf(error);
}
