/**
 * What every attempt that speaks gRPC shares: one connection with streams one after the other, and reflection on one of them,
 * by the first version that the server offers.
 */
import type { FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { grpcStatusCode } from "#ports/grpc_status";
import { failure, type Failure } from "../net/failure.ts";
import { encodeCancel, encodeData } from "../net/h2.ts";
import { H2Call } from "../net/h2_call.ts";
import { Progress } from "../net/http_parser.ts";
import { ConnectionAttempt, lost } from "./connection_attempt.ts";
import { mistakenFor, notReflected, readStatus, type GrpcStatus } from "./grpc_answer.ts";
import { framed, MessageReader } from "./grpc_messages.ts";
import { ReflectionExchange, reflectionPath } from "./grpc_reflection.ts";
import { encodeCallStream, type PreparedGrpc } from "./grpc_target.ts";
import type { Attempt, RunEnvironment } from "./probe.ts";

export abstract class GrpcConnection extends ConnectionAttempt {
  protected readonly reader = new H2Call((bytes) => this.send(bytes));
  protected messages!: MessageReader;
  /** The one last opened. */
  protected stream = -1;
  /** What the server sent first. */
  protected first: Buffer | undefined = undefined;
  protected readonly begunAt: number;
  protected exchange: ReflectionExchange | undefined = undefined;
  #version = 0;

  constructor(
    protected readonly prepared: PreparedGrpc,
    environment: RunEnvironment,
    timeoutMs: number,
    onDone: (attempt: Attempt) => void,
  ) {
    super(environment, timeoutMs, onDone);
    this.begunAt = environment.clock.monotonic();
  }

  /** The connection is there, and it may well be HTTP/2. */
  protected abstract reached(): void;
  /** More has come on the stream that is read. */
  protected abstract progressed(progress: Progress): void;
  /** All that was asked for. */
  protected abstract reflected(files: FileDescriptorProto[]): void;
  /** What came by reflection cannot be used. */
  protected abstract refused(problem: Failure): void;
  /** Reflection ended before all was there; `status` is what it ended with. */
  protected abstract unreflected(problem: Failure, status: GrpcStatus): void;

  protected ready(): void {
    const chosen = this.socket!.alpnProtocol;
    if (this.endpoint.tls && chosen && chosen !== "h2") return this.finish(failure("tls_handshake", `tls handshake failed: the server speaks ${chosen}, not h2`));
    this.reached();
  }

  protected open(bytes: Uint8Array): void {
    this.stream += 2;
    if (this.stream > 1) this.reader.follow(this.stream);
    this.messages = new MessageReader(this.reader);
    this.send(bytes);
  }

  /** A server may serve one stream at a time, and one whose request was not ended counts although it was answered. */
  protected close(): void {
    if (this.reader.resetCode === undefined) this.send(encodeCancel(this.stream));
  }

  protected leftMs(): number {
    return Math.max(1, Math.ceil(this.timeoutMs - (this.environment.clock.monotonic() - this.begunAt)));
  }

  override received(bytes: Buffer): void {
    if (!this.first) {
      this.first = bytes;
      const mistake = this.endpoint.tls ? undefined : mistakenFor(bytes);
      if (mistake) return this.finish(mistake);
    }
    const progress = this.reader.push(bytes);
    if (progress === Progress.failed && this.reader.resetCode === undefined) return this.finish(this.reader.failure);
    this.progressed(progress);
  }

  /** Asks for the files of one service, or of all that the server lists. */
  protected reflect(service?: string): void {
    this.enter("idle");
    this.exchange = new ReflectionExchange(service);
    const path = reflectionPath(this.prepared.reflection[this.#version]!);
    this.open(encodeCallStream(this.prepared, { path, message: this.exchange.start(), leftMs: this.leftMs(), stream: this.stream + 2, continues: true }));
  }

  protected readReflection(progress: Progress): void {
    if (!readStatus(this.reader, false).problem) {
      for (let message = this.messages.next(); message; message = this.messages.next()) {
        if (!Buffer.isBuffer(message)) return this.finish(message);
        const step = this.exchange!.take(message);
        if ("problem" in step) return this.refused(step.problem);
        if ("files" in step) {
          this.close();
          return this.reflected(step.files);
        }
        for (const ask of step.ask) this.send(encodeData(this.stream, framed(ask)));
      }
    }
    if (progress === Progress.more) return;
    const status = readStatus(this.reader, true);
    const { reflection } = this.prepared;
    if (status.code === grpcStatusCode("UNIMPLEMENTED") && this.#version + 1 < reflection.length) {
      this.#version++;
      this.close();
      return this.reflect(this.exchange!.service);
    }
    this.unreflected(notReflected(status, reflection), status);
  }

  override closed(code: string, message: string): void {
    if (this.phase === "tls") return super.closed(code, message);
    const problem = lost(code, message);
    if (this.first || this.endpoint.tls || problem.kind !== "connection_reset") return this.finish(problem);
    this.finish(failure(problem.kind, `${problem.message}: a port that speaks TLS does that, then tls must be switched on`));
  }
}
