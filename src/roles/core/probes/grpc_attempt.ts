/**
 * One gRPC attempt, on one connection:
 *
 *   load (a proto set is fetched) → reach → describe (reflection, when nothing else says what the messages are)
 *     → call → compare (reflection beside stored descriptors) → finish
 *
 * Describing and comparing are streams of their own before and after the call; what the server said is kept for a while, so
 * most attempts skip both. Their time is set aside and is part of no phase. Once the call is judged, nothing that happens
 * to the comparison can change it.
 */
import type { FileRegistry } from "@bufbuild/protobuf";
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import type { Source } from "#ports/assertion_language";
import { grpcStatusCode } from "#ports/grpc_status";
import { failure, type Failure } from "../net/failure.ts";
import { Progress } from "../net/http_parser.ts";
import { plus } from "./connection_attempt.ts";
import { explained, readStatus, shownMetadata, shownValue, type GrpcStatus } from "./grpc_answer.ts";
import type { GrpcCodec } from "./grpc_codec.ts";
import { GrpcConnection } from "./grpc_connection.ts";
import type { DescribedCall } from "./grpc_descriptors.ts";
import { encodeCallStream, type PreparedGrpc } from "./grpc_target.ts";
import { decodeText } from "./http_body.ts";
import { excerptBytes, type Attempt, type JsonObject, type RunEnvironment } from "./probe.ts";

type Stage = "load" | "describe" | "call" | "compare";

const unimplemented = grpcStatusCode("UNIMPLEMENTED");

export class GrpcAttempt extends GrpcConnection {
  degradation: Failure | undefined = undefined;
  #stage: Stage = "load";
  #codec: GrpcCodec | undefined;
  /** The call by stored descriptors, which the server's are compared with. */
  #stored: DescribedCall | undefined = undefined;
  #asideFrom = 0;
  #status: GrpcStatus | undefined = undefined;
  #isWhole = false;
  /** Headers and trailers of the call; the reader goes on to another stream. */
  #fields: [string, string][] | undefined = undefined;
  #message: JsonObject | undefined = undefined;
  #drift: JsonObject | undefined = undefined;

  constructor(prepared: PreparedGrpc, environment: RunEnvironment, timeoutMs: number, onDone: (attempt: Attempt) => void) {
    super(prepared, environment, timeoutMs, onDone);
    const { health, descriptorSet, protoSetId, descriptors, endpoint } = prepared;
    this.#codec = health;
    if (descriptorSet && !health) this.#callBy(descriptors.fromSet(descriptorSet));
    if (protoSetId !== undefined && !health) void this.#load(protoSetId);
    else this.reach(endpoint);
  }

  async #load(protoSetId: string): Promise<void> {
    let set: Uint8Array;
    try {
      set = await this.environment.descriptors(protoSetId);
    } catch (error) {
      return this.finish(failure("internal", `descriptors of proto set ${protoSetId} were not loaded: ${(error as Error).message}`));
    }
    if (this.isOver) return;
    this.setAsideMs = this.environment.clock.monotonic() - this.begunAt;
    try {
      this.#callBy(this.prepared.descriptors.fromSet(set));
    } catch (error) {
      return this.finish(failure("config_invalid", `call cannot be made: ${(error as Error).message}`));
    }
    this.reach(this.prepared.endpoint);
  }

  #callBy(stored: DescribedCall): void {
    this.#stored = stored;
    this.#codec = stored.codec;
  }

  protected reached(): void {
    if (this.#codec) return this.#send();
    const known = this.prepared.descriptors.reflected(this.remoteAddress, this.environment.clock.monotonic());
    if (known === undefined) this.#reflect("describe");
    else if (isFailure(known)) this.finish(known);
    else this.#describe(known);
  }

  #send(): void {
    this.#stage = "call";
    let bytes: Uint8Array;
    try {
      bytes = this.#encoded(this.#codec!);
    } catch (error) {
      return this.finish(failure("config_invalid", `call cannot be made: ${(error as Error).message}`));
    }
    this.enter("first_byte");
    this.open(bytes);
  }

  /** As the first stream of a connection a call is the same bytes every time. */
  #encoded(codec: GrpcCodec): Uint8Array {
    const { prepared } = this;
    const call = { path: codec.path, message: codec.request };
    if (this.stream > 0) return encodeCallStream(prepared, { ...call, leftMs: this.leftMs(), stream: this.stream + 2 });
    if (prepared.encoded?.codec !== codec) prepared.encoded = { codec, bytes: encodeCallStream(prepared, { ...call, leftMs: this.timeoutMs }) };
    return prepared.encoded.bytes;
  }

  protected progressed(progress: Progress): void {
    if (this.#stage === "call") this.#readCall(progress);
    else this.readReflection(progress);
  }

  #readCall(progress: Progress): void {
    // The server's settings come at once; the answer begins with its headers.
    if (this.phase === "first_byte" && this.reader.fields.length > 0) this.firstByteMs = plus(this.firstByteMs, this.enter("transfer"));
    if (progress !== Progress.more) return this.#conclude(readStatus(this.reader, true), this.reader.resetCode === undefined);
    if (this.reader.bodyBytes === 0) return;
    const status = readStatus(this.reader, false);
    // Of what is no gRPC an excerpt is enough.
    if (status.problem && this.reader.bodyBytes >= excerptBytes) return this.#conclude(status, false);
    if (status.problem || !this.#codec!.isStreaming) return;
    const message = this.messages.next();
    if (message) this.#conclude(status, false, message);
  }

  #conclude(status: GrpcStatus, isWhole: boolean, first?: Buffer | Failure): void {
    this.#status = status;
    this.#isWhole = isWhole;
    this.#fields = this.reader.fields;
    this.code = status.code;
    this.bodyBytes = this.reader.bodyBytes;
    if (this.phase === "transfer") this.transferMs = plus(this.transferMs, this.enter("idle"));
    const problem = status.problem ?? (status.code === 0 ? this.#readMessage(first ?? this.messages.next()) : undefined);
    const { descriptors, reflection } = this.prepared;
    if (status.code === unimplemented || (status.code === 0 && problem)) descriptors.forget(this.remoteAddress);
    if (problem || !this.#stored || reflection.length === 0) return this.finish(problem);
    const known = descriptors.reflected(this.remoteAddress, this.environment.clock.monotonic());
    if (known !== undefined) {
      this.#compare(known);
      return this.finish();
    }
    if (!isWhole) this.close();
    this.#reflect("compare");
  }

  /** A failure when there is no message of the method's type. */
  #readMessage(message: Buffer | Failure | undefined): Failure | undefined {
    const { leftBytes } = this.messages;
    if (message === undefined && leftBytes > 0) return failure("http_malformed", `malformed response: its message broke off after ${leftBytes} bytes`);
    if (message === undefined && this.#codec!.isStreaming) return failure("assertion_failed", "the stream ended without a message");
    if (message === undefined) return failure("http_malformed", "malformed response: it has no message");
    if (!Buffer.isBuffer(message)) return message;
    if (leftBytes > 0 && !this.#codec!.isStreaming) return failure("http_malformed", "malformed response: more than one message");
    try {
      this.#message = this.#codec!.decode(message);
      return undefined;
    } catch (error) {
      return failure("http_malformed", `malformed response: ${(error as Error).message}`);
    }
  }

  #reflect(stage: "describe" | "compare"): void {
    this.#asideFrom = this.environment.clock.monotonic();
    this.#stage = stage;
    this.reflect(this.prepared.service);
  }

  protected unreflected(problem: Failure, status: GrpcStatus): void {
    if (this.#stage === "describe") this.code = status.code;
    this.finish(problem);
  }

  protected reflected(files: FileDescriptorProto[]): void {
    const now = this.environment.clock.monotonic();
    let registry: FileRegistry;
    try {
      registry = this.prepared.descriptors.remember(this.remoteAddress, files, now);
    } catch (error) {
      return this.refused(failure("http_malformed", `malformed response: the server's descriptors cannot be used: ${(error as Error).message}`));
    }
    if (this.#stage === "describe") {
      this.setAsideMs += this.environment.clock.monotonic() - this.#asideFrom;
      return this.#describe(registry);
    }
    this.#compare(registry);
    this.finish();
  }

  /** The server's descriptors are not to be had; to find that out again may cost as much as it did now. */
  protected refused(problem: Failure): void {
    if (problem.kind !== "grpc_status") this.prepared.descriptors.rememberFailure(this.remoteAddress, problem, this.environment.clock.monotonic());
    this.finish(problem);
  }

  /** Makes the call as the server describes it. */
  #describe(registry: FileRegistry): void {
    const call = this.prepared.descriptors.fromServer(registry);
    if ("codec" in call) {
      this.#codec = call.codec;
      return this.#send();
    }
    this.code = call.code;
    // The server may learn it the next minute.
    this.prepared.descriptors.forget(this.remoteAddress);
    this.finish(failure(call.kind, call.message));
  }

  #compare(said: FileRegistry | Failure): void {
    if (isFailure(said)) {
      this.#drift = { problem: said.message };
      return;
    }
    const { breaking, other } = this.prepared.descriptors.drift(this.#stored!, said);
    this.#drift = { breaking, other };
    const more = breaking.length > 10 ? `; and ${breaking.length - 10} more` : "";
    if (breaking.length > 0) this.degradation = failure("schema_changed", `schema changed: ${breaking.slice(0, 10).join("; ")}${more}`);
  }

  protected override whatIsLate(within: string): string {
    return this.exchange && this.#stage !== "call" ? `server reflection was not complete ${within}` : super.whatIsLate(within);
  }

  protected override finish(problem?: Failure): void {
    if (this.isOver) return;
    if (this.#stage !== "compare") {
      if (this.phase === "transfer") this.transferMs = plus(this.transferMs, this.enter("idle"));
      if (!this.#status) this.bodyBytes = this.reader.bodyBytes;
      // Before anything was reached, the only ones who can be late are we.
      if (problem?.kind === "response_timeout" && !this.endpoint) return super.finish(failure("internal", `descriptors of proto set ${this.prepared.protoSetId} were not loaded within ${this.timeoutMs} ms`));
      return super.finish(problem && explained(problem));
    }
    const now = this.environment.clock.monotonic();
    this.setAsideMs += now - this.#asideFrom;
    if (problem) {
      this.#compare(problem);
      this.prepared.descriptors.rememberFailure(this.remoteAddress, problem, now);
    }
    super.finish();
  }

  headers(name: string): string[] {
    return (this.#fields ?? this.reader.fields).filter(([known]) => known === name).map(([, value]) => shownValue(name, value));
  }

  text(): string {
    return this.#message ? JSON.stringify(this.#message) : "";
  }

  override document(): unknown {
    if (!this.#message) throw new Error("the call has no answer");
    return this.#message;
  }

  override fact(source: Source): unknown {
    if (source === "serving_status") return this.prepared.isHealth ? this.#message?.status : undefined;
    return source === "grpc_status" ? this.#explanation() : undefined;
  }

  #explanation(): string | undefined {
    const { isHealth, service } = this.prepared;
    if (isHealth && this.code === grpcStatusCode("NOT_FOUND")) return `the server does not know the service ${JSON.stringify(service)}`;
    if (isHealth && this.code === unimplemented) return "the server has no health service grpc.health.v1.Health";
    return this.#status?.words?.slice(0, 200);
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts = super.observed(withExcerpt);
    const fields = this.#fields ?? this.reader.fields;
    if (fields.length > 0) {
      const httpStatus = this.headers(":status").at(-1);
      if (httpStatus !== undefined && httpStatus !== "200") facts.httpStatus = Number(httpStatus);
      if (this.#isWhole && !this.#status?.problem) facts.grpcStatus = this.code;
      if (this.#status?.words) facts.grpcMessage = this.#status.words;
      if (this.prepared.isHealth && this.#message) facts.servingStatus = this.#message.status!;
      facts.bodyBytes = this.bodyBytes;
      facts.metadata = shownMetadata(fields);
    }
    if (this.#drift) facts.schemaDrift = this.#drift;
    const excerpt = withExcerpt ? this.#excerpt() : "";
    if (excerpt !== "") facts.excerpt = excerpt;
    return facts;
  }

  #excerpt(): string {
    if (this.#message) return this.text().slice(0, excerptBytes);
    // What is no gRPC is often the page of a proxy, or an answer in HTTP/1.1.
    const isPage = this.#status?.problem !== undefined || this.reader.failure?.kind === "http_malformed";
    const bytes = this.reader.pieces.length > 0 ? Buffer.concat(this.reader.pieces) : (this.first ?? Buffer.alloc(0));
    return isPage ? decodeText(bytes.subarray(0, excerptBytes), this.headers("content-type")[0] ?? "").replace(/[^\P{Cc}\n\t]/gu, "") : "";
  }
}

function isFailure(said: FileRegistry | Failure): said is Failure {
  return said.kind !== "registry";
}
