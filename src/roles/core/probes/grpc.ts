/**
 * The `grpc` kind: `health` asks the standard health service, `call` makes a unary call (or takes the first message of a
 * server stream) with messages built from a stored proto set. The deadline always travels along.
 */
import { authorityOf, createEndpoint, type Endpoint } from "../net/endpoint.ts";
import { failure, type Failure } from "../net/failure.ts";
import { encodeH2, H2Reader } from "../net/h2.ts";
import { Progress } from "../net/http_parser.ts";
import type { IpFamily } from "../net/resolver.ts";
import { prepareTls, type TlsTarget } from "../net/tls.ts";
import { ConnectionAttempt, lost, plus } from "./connection_attempt.ts";
import { callCodec, healthCodec, type GrpcCodec } from "./grpc_codec.ts";
import { excerptBytes, type Attempt, type ImpliedAssertion, type JsonObject, type PreparedProbe, type RunEnvironment } from "./probe.ts";

export interface GrpcTarget {
  address: string;
  mode?: "health" | "call";
  service?: string;
  method?: string;
  request?: JsonObject;
  protoSetId?: string;
  metadata?: Record<string, string>;
  auth?: { type: "bearer"; token: string };
  tls?: boolean | TlsTarget;
  authority?: string;
  ipFamily?: IpFamily;
  resolve?: string;
}

interface PreparedGrpc {
  target: GrpcTarget;
  endpoint: Endpoint;
  authority: string;
  metadata: [string, string][];
  /** Known at once for the health protocol. */
  health: GrpcCodec | undefined;
}

const ok: ImpliedAssertion = { source: "grpc_status", op: "eq", value: 0 };
const serving: ImpliedAssertion = { source: "serving_status", op: "eq", value: "SERVING" };

export function prepareGrpc(target: JsonObject): PreparedProbe {
  const grpc = target as unknown as GrpcTarget;
  const at = grpc.address.lastIndexOf(":");
  const host = grpc.address.slice(0, at).replace(/^\[|\]$/g, "");
  const port = Number(grpc.address.slice(at + 1));
  const tls = grpc.tls === undefined || grpc.tls === false ? undefined : prepareTls(host, grpc.tls === true ? {} : grpc.tls, ["h2"]);
  const metadata = Object.entries(grpc.metadata ?? {}).map(([name, value]): [string, string] => [name.toLowerCase(), value]);
  if (grpc.auth) metadata.push(["authorization", `Bearer ${grpc.auth.token}`]);
  const isHealth = (grpc.mode ?? "health") === "health";
  const prepared: PreparedGrpc = {
    target: grpc,
    endpoint: createEndpoint({ host, port, family: grpc.ipFamily, resolve: grpc.resolve, tls }),
    authority: grpc.authority ?? authorityOf(host, port),
    metadata,
    health: isHealth ? healthCodec(grpc.service ?? "") : undefined,
  };
  return {
    implied: isHealth ? [ok, serving] : [ok],
    attempt: (environment, timeoutMs, onDone) => void new GrpcAttempt(prepared, environment, timeoutMs, onDone),
  };
}

class GrpcAttempt extends ConnectionAttempt {
  #codec: GrpcCodec | undefined;
  #bytes: Uint8Array | undefined;
  #message: JsonObject | undefined;
  readonly #reader = new H2Reader((bytes) => this.send(bytes));

  constructor(
    private readonly prepared: PreparedGrpc,
    environment: RunEnvironment,
    timeoutMs: number,
    onDone: (attempt: Attempt) => void,
  ) {
    super(environment, timeoutMs, onDone);
    if (prepared.health) this.#begin(prepared.health);
    else void this.#loadThenBegin();
  }

  async #loadThenBegin(): Promise<void> {
    const { target } = this.prepared;
    let set: Uint8Array;
    try {
      set = await this.environment.descriptors(target.protoSetId ?? "");
    } catch (error) {
      return this.finish(failure("internal", `descriptors of proto set ${target.protoSetId} were not loaded: ${(error as Error).message}`));
    }
    if (this.isOver) return;
    try {
      this.#begin(callCodec(set, { service: target.service ?? "", method: target.method ?? "", request: target.request ?? {} }));
    } catch (error) {
      this.finish(failure("config_invalid", `call cannot be made: ${(error as Error).message}`));
    }
  }

  #begin(codec: GrpcCodec): void {
    const { authority, metadata, endpoint } = this.prepared;
    this.#codec = codec;
    const body = Buffer.alloc(5 + codec.request.length);
    body.writeUInt32BE(codec.request.length, 1);
    body.set(codec.request, 5);
    const headers: [string, string][] = [["te", "trailers"], ["content-type", "application/grpc"], ["user-agent", "UptimePing"], ["grpc-timeout", `${this.timeoutMs}m`], ...metadata];
    this.#bytes = encodeH2({ path: codec.path, authority, isSecure: endpoint.tls !== undefined, headers, body });
    this.reach(endpoint);
  }

  protected ready(): void {
    const chosen = this.socket!.alpnProtocol;
    if (this.endpoint.tls && chosen && chosen !== "h2") return this.finish(failure("tls_handshake", `tls handshake failed: the server speaks ${chosen}, not h2`));
    this.enter("first_byte");
    this.send(this.#bytes!);
  }

  override received(bytes: Buffer): void {
    const reader = this.#reader;
    const progress = reader.push(bytes);
    // The server's settings come at once; the answer begins with its headers.
    if (this.phase === "first_byte" && reader.fields.length > 0) this.firstByteMs = plus(this.firstByteMs, this.enter("transfer"));
    if (progress === Progress.failed) return this.finish(reader.failure);
    if (progress === Progress.complete || (this.#codec!.isStreaming && this.#firstMessage())) this.finish(this.#conclude(progress === Progress.complete));
  }

  override closed(code: string, message: string): void {
    if (this.phase === "tls") return super.closed(code, message);
    this.finish(lost(code, message));
  }

  protected override finish(problem?: Failure): void {
    if (this.phase === "transfer") this.transferMs = plus(this.transferMs, this.enter("idle"));
    this.bodyBytes = this.#reader.bodyBytes;
    super.finish(problem);
  }

  /** Reads status and message; a failure when there is no gRPC in the answer. */
  #conclude(isWhole: boolean): Failure | undefined {
    const status = this.headers(":status")[0];
    const grpcStatus = this.headers("grpc-status").at(-1);
    if (grpcStatus === undefined && status !== "200") return failure("http_status", `http status ${status ?? "missing"}, expected 200`);
    if (grpcStatus === undefined && isWhole) return failure("http_malformed", "malformed response: it has no grpc-status");
    if (grpcStatus !== undefined && !/^\d{1,3}$/.test(grpcStatus)) return failure("http_malformed", `malformed response: grpc-status ${JSON.stringify(grpcStatus.slice(0, 20))}`);
    this.code = Number(grpcStatus ?? 0);
    if (this.code !== 0) return undefined;
    const message = this.#firstMessage();
    if (!message) return failure("http_malformed", "malformed response: it has no message");
    if (message.isCompressed) return failure("http_malformed", "malformed response: a compressed message, which was not asked for");
    try {
      this.#message = this.#codec!.decode(message.bytes);
    } catch (error) {
      return failure("http_malformed", `malformed response: ${(error as Error).message}`);
    }
    return undefined;
  }

  #firstMessage(): { bytes: Buffer; isCompressed: boolean } | undefined {
    const body = Buffer.concat(this.#reader.pieces);
    if (body.length < 5 || body.length < 5 + body.readUInt32BE(1)) return undefined;
    return { isCompressed: body[0] === 1, bytes: body.subarray(5, 5 + body.readUInt32BE(1)) };
  }

  headers(name: string): string[] {
    return this.#reader.fields.filter(([known]) => known === name).map(([, value]) => value);
  }

  text(): string {
    return this.#message ? JSON.stringify(this.#message) : "";
  }

  override document(): unknown {
    if (!this.#message) throw new Error("the call has no answer");
    return this.#message;
  }

  override servingStatus(): string | undefined {
    return this.prepared.health && this.#message ? (this.#message.status as string) : undefined;
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts = super.observed(withExcerpt);
    if (this.#reader.fields.length === 0) return facts;
    if (this.headers("grpc-status").length > 0) facts.grpcStatus = this.code;
    const message = this.headers("grpc-message").at(-1);
    if (message) facts.grpcMessage = percentDecoded(message.slice(0, 500));
    const status = this.servingStatus();
    if (status) facts.servingStatus = status;
    facts.bodyBytes = this.bodyBytes;
    facts.metadata = Object.fromEntries(this.#reader.fields.filter(([name]) => !name.startsWith(":")).slice(0, 60).map(([name, value]) => [name, value.slice(0, 500)]));
    if (withExcerpt && this.#message) facts.excerpt = this.text().slice(0, excerptBytes);
    return facts;
  }
}

/** `grpc-message` is percent-encoded; one that is not well formed is shown as it came. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
