/**
 * One attempt over a WebSocket: handshake, then the steps, each of which waits for a message that matches and passes over
 * those that do not, then a close of ours that is not waited for. An answer that is no handshake is judged by its status.
 */
import { isUtf8 } from "node:buffer";
import type { Source } from "#ports/assertion_language";
import { ownMistake } from "../net/dial.ts";
import { failure, type Failure } from "../net/failure.ts";
import { Progress, ResponseParser } from "../net/http_parser.ts";
import { closePayload, encodeFrame, maxMessageBytes, opcodes, WebSocketReader, type Opcode, type WebSocketEvent } from "../net/websocket_frames.ts";
import { ConnectionAttempt, lost, plus } from "./connection_attempt.ts";
import { shownTurn, type Step } from "./dialogue_step.ts";
import { shown } from "./http_attempt.ts";
import { excerptBytes, type Attempt, type ImpliedAssertion, type JsonObject, type PreparedProbe, type ProbeLimits, type RunEnvironment } from "./probe.ts";
import { encodeHandshake, handshakeProblem, readWebSocketTarget, type PreparedWebSocket } from "./websocket.ts";

const implied: ImpliedAssertion[] = [{ source: "status", op: "eq", value: 101 }];

/** Of a refusal only the beginning is of interest. */
const refusalLimits = { maxBytes: maxMessageBytes, keepBytes: excerptBytes };
const maxReceivedBytes = 10_485_760;
const maxControlFrames = 1_000;
const normalClosure = 1000;

export function prepareWebSocket(target: JsonObject, limits: ProbeLimits): PreparedProbe {
  const prepared = readWebSocketTarget(target as unknown as Parameters<typeof readWebSocketTarget>[0]);
  const waitsForMessage = limits.keepsBody && prepared.steps.length === 0;
  return { implied, attempt: (environment, timeoutMs, onDone) => void new WebSocketAttempt(prepared, waitsForMessage, environment, { timeoutMs, onDone }) };
}

class WebSocketAttempt extends ConnectionAttempt {
  readonly #key = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64");
  readonly #answer = new ResponseParser(false, refusalLimits);
  /** Undefined until the handshake is done. */
  #reader: WebSocketReader | undefined = undefined;
  #closeCode = normalClosure;
  #controlFrames = 0;
  #step = 0;
  #hasAsked = false;
  #askedAt = 0;
  readonly #turns: JsonObject[] = [];
  #last: Buffer | undefined = undefined;
  /** The last message that the step passed over. */
  #mismatched: Buffer | undefined = undefined;

  constructor(
    private readonly prepared: PreparedWebSocket,
    private readonly waitsForMessage: boolean,
    environment: RunEnvironment,
    { timeoutMs, onDone }: { timeoutMs: number; onDone: (attempt: Attempt) => void },
  ) {
    super(environment, timeoutMs, onDone);
    this.reach(prepared.endpoint);
  }

  protected ready(): void {
    this.enter("first_byte");
    this.send(encodeHandshake(this.prepared, this.#key));
  }

  override received(bytes: Buffer): void {
    if (this.phase === "first_byte") this.firstByteMs = plus(this.firstByteMs, this.enter("transfer"));
    if (this.#reader) return this.#read(bytes);
    const progress = this.#answer.push(bytes);
    const { status, isHeadComplete } = this.#answer;
    if (isHeadComplete) this.code = status;
    // No handshake: the status is judged, whatever is or is not right with the rest of such an answer.
    if (isHeadComplete && status !== 101) return this.finish();
    if (progress === Progress.failed) return this.finish(this.#answer.failure);
    if (isHeadComplete) this.#open();
  }

  #open(): void {
    const problem = handshakeProblem(this.#answer, this.#key, this.prepared.subprotocols);
    if (problem !== undefined) return this.finish(failure("http_malformed", `malformed handshake: ${problem}`));
    this.#reader = new WebSocketReader((event) => this.#heard(event));
    this.#advance();
    if (this.#answer.rest && !this.isOver) this.#read(this.#answer.rest);
  }

  #read(bytes: Uint8Array): void {
    const violation = this.#reader!.push(bytes);
    if (!violation) return;
    this.#closeCode = violation.closeCode;
    this.finish(failure(violation.closeCode === 1009 ? "http_too_large" : "http_malformed", `websocket failed: the server sent ${violation.problem}`));
  }

  #say(opcode: Opcode, payload: Uint8Array): void {
    this.send(encodeFrame(opcode, payload, crypto.getRandomValues(new Uint8Array(4))));
  }

  /** Answers whether to read on. */
  #heard(event: WebSocketEvent): boolean {
    if (event.type === "text" || event.type === "binary") this.#take(event.bytes);
    else if (event.type === "close") this.#closedBy(event.code, event.reason);
    else {
      if (++this.#controlFrames > maxControlFrames) this.finish(failure("http_malformed", `websocket failed: the server sent more than ${maxControlFrames} pings and pongs`));
      else if (event.type === "ping") this.#say(opcodes.pong, event.bytes);
    }
    return !this.isOver;
  }

  #take(message: Buffer): void {
    this.bodyBytes += message.length;
    this.#last = message;
    const step = this.prepared.steps[this.#step];
    if (!step) return this.finish();
    if (step.endIn(message, 0) >= 0) {
      this.#next(step, message);
      return this.#advance();
    }
    this.#mismatched = message;
    if (this.bodyBytes > maxReceivedBytes) this.finish(failure("http_too_large", `${step.name} failed: more than ${maxReceivedBytes} bytes without ${step.expected}`));
  }

  #advance(): void {
    for (let step = this.prepared.steps[this.#step]; step; step = this.prepared.steps[this.#step]) {
      if (!this.#hasAsked) this.#ask(step);
      if (step.expected !== "") return;
      this.#next(step, Buffer.alloc(0));
    }
    if (!this.waitsForMessage) this.finish();
  }

  #ask(step: Step): void {
    this.#hasAsked = true;
    this.#askedAt = this.environment.clock.monotonic();
    this.#mismatched = undefined;
    if (step.send) this.#say(step.sendsBytes ? opcodes.binary : opcodes.text, step.send);
  }

  #next(step: Step, received: Uint8Array): void {
    this.#record(step, received);
    this.#step++;
    this.#hasAsked = false;
  }

  #record(step: Step, received: Uint8Array): void {
    this.#turns.push(shownTurn(step.name, step.send, received, this.environment.clock.monotonic() - this.#askedAt));
  }

  #closedBy(code: number, reason: string): void {
    const how = `the server closed ${code === 1005 ? "without a code" : `with ${code}`}${reason === "" ? "" : ` ${JSON.stringify(reason)}`}`;
    this.finish(failure("connection_reset", this.#broken(how)));
  }

  /** What ended the wait, and for what it was. */
  #broken(how: string): string {
    const step = this.prepared.steps[this.#step];
    return step ? `${step.name} failed: ${how} before ${step.expected}` : `${how} before a message`;
  }

  override closed(code: string, message: string): void {
    if (this.phase === "tls" || code === ownMistake) return super.closed(code, message);
    if (this.#reader) return this.finish(failure("connection_reset", this.#broken(code === "" ? "connection closed without a close frame" : lost(code, message).message)));
    if (code !== "") return this.finish(lost(code, message));
    this.#answer.end();
    this.finish(this.#answer.failure);
  }

  protected override finish(problem?: Failure): void {
    if (this.isOver) return;
    if (this.phase === "transfer") this.transferMs = plus(this.transferMs, this.enter("idle"));
    const step = this.prepared.steps[this.#step];
    if (step && this.#hasAsked) this.#record(step, this.#mismatched ?? Buffer.alloc(0));
    if (!this.#reader) this.bodyBytes = this.#answer.bodyBytes;
    else if (this.socket) this.#say(opcodes.close, closePayload(this.#closeCode));
    super.finish(problem);
  }

  protected override whatIsLate(within: string): string {
    const step = this.prepared.steps[this.#step];
    if (!this.#reader) return this.phase === "transfer" ? `handshake was not complete ${within}` : super.whatIsLate(within);
    if (!step) return `no message ${within}`;
    if (!this.#mismatched) return `${step.name} failed: no message ${within}, expected ${step.expected}`;
    return `${step.name} failed: expected ${step.expected}, received ${JSON.stringify(textOf(this.#mismatched).slice(0, 100))} ${within}`;
  }

  headers(name: string): string[] {
    return this.#answer.headers.filter(([known]) => known === name).map(([, value]) => value);
  }

  text(): string {
    if (this.#last) return textOf(this.#last);
    return Buffer.concat(this.#answer.pieces).toString("utf8");
  }

  override fact(source: Source): unknown {
    if (source === "message") return this.#last && textOf(this.#last);
    return source === "subprotocol" ? this.headers("sec-websocket-protocol")[0] : undefined;
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts = super.observed(withExcerpt);
    if (this.code > 0) {
      facts.status = this.code;
      facts.headers = shown(this.#answer.headers);
    }
    const subprotocol = this.fact("subprotocol");
    if (typeof subprotocol === "string") facts.subprotocol = subprotocol;
    if (this.bodyBytes > 0) facts.receivedBytes = this.bodyBytes;
    if (this.#turns.length > 0) facts.dialogue = this.#turns;
    const excerpt = withExcerpt ? this.text().slice(0, excerptBytes) : "";
    if (excerpt !== "") facts.excerpt = excerpt;
    return facts;
  }
}

/** A message as text; one of bytes that are none, in hexadecimal. */
function textOf(message: Buffer): string {
  return isUtf8(message) ? message.toString("utf8") : message.toString("hex");
}
