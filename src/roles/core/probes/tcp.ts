/** The `tcp` kind: connect, TLS or STARTTLS when asked for, then a dialogue of steps. The step that fails is named. */
import { expandGroups, type Groups } from "#ports/assertion_language";
import type { Timer } from "#kernel/clock";
import type { StartTlsProtocol } from "#ports/targets/tcp";
import { ownMistake } from "../net/dial.ts";
import { createEndpoint, type Endpoint } from "../net/endpoint.ts";
import { failure, type Failure } from "../net/failure.ts";
import { GrowingBuffer } from "../net/growing_buffer.ts";
import type { IpFamily } from "../net/resolver.ts";
import { prepareTls, type TlsTarget } from "../net/tls.ts";
import { lost, plus } from "./connection_attempt.ts";
import { shownTurn, stepOf, type Step, type StepTarget } from "./dialogue_step.ts";
import { excerptBytes, type Attempt, type JsonObject, type PreparedProbe, type ProbeLimits, type RunEnvironment } from "./probe.ts";
import { conversations, type Conversation } from "./starttls.ts";
import { StartTlsAttempt } from "./starttls_attempt.ts";

export interface TcpTarget {
  host: string;
  port: number;
  tls?: boolean | TlsTarget;
  starttls?: StartTlsProtocol;
  steps?: StepTarget[];
  ipFamily?: IpFamily;
  resolve?: string;
}

interface PreparedTcp {
  endpoint: Endpoint;
  steps: Step[];
  waitsForBanner: boolean;
  /** TLS begins in the middle of the steps, not at once. */
  securesLater: boolean;
  /** How to talk the peer into TLS, begun anew for each attempt. */
  converse: (() => Conversation) | undefined;
}

/** A dialogue that needs more than this to match is not a banner any more. */
const maxReceived = 262_144;
const maxKept = 65_536;
/** A banner without a line end is whole when nothing followed for so long. */
const bannerQuietMs = 200;
/** A pattern is tried on all that was received again; after a vain trial it rests so many times as long as that took. */
const patternRest = 10;

export function prepareTcp(target: JsonObject, limits: ProbeLimits): PreparedProbe {
  const tcp = target as unknown as TcpTarget;
  const isTls = tcp.tls !== undefined && tcp.tls !== false;
  const steps = (tcp.steps ?? []).map(stepOf);
  const securesLater = steps.some((step) => step.thenSecure);
  const tls = isTls || tcp.starttls || securesLater ? prepareTls(tcp.host, typeof tcp.tls === "object" ? tcp.tls : {}) : undefined;
  const converse = tcp.starttls && conversations[tcp.starttls];
  const prepared: PreparedTcp = {
    endpoint: createEndpoint({ host: tcp.host, port: tcp.port, family: tcp.ipFamily, resolve: tcp.resolve, tls }),
    steps,
    waitsForBanner: limits.keepsBody && steps.length === 0,
    securesLater,
    converse: converse && (() => converse(tls!.serverName)),
  };
  return { implied: [], attempt: (environment, timeoutMs, onDone) => void new TcpAttempt(prepared, environment, timeoutMs, onDone) };
}

class TcpAttempt extends StartTlsAttempt {
  #step = 0;
  /** What the step sent is on its way, and its answer is waited for. */
  #hasAsked = false;
  #askedAt = 0;
  /** Up to here the step's text cannot be in what was received. */
  #searched = 0;
  /** Received and not yet matched by a step. */
  readonly #unmatched = new GrowingBuffer();
  /** All that was received, for assertions and people; bounded. */
  readonly #kept = new GrowingBuffer();
  #quiet: Timer | undefined = undefined;
  #restsUntil = 0;
  #groups: Groups = new Map();
  #rest: Timer | undefined = undefined;

  constructor(
    private readonly prepared: PreparedTcp,
    environment: RunEnvironment,
    timeoutMs: number,
    onDone: (attempt: Attempt) => void,
  ) {
    super(environment, timeoutMs, onDone, prepared.converse?.());
    this.reach(prepared.endpoint);
  }

  override connected(): void {
    if (!this.prepared.securesLater) return super.connected();
    this.connectMs = plus(this.connectMs, this.enter("idle"));
    this.ready();
  }

  protected ready(): void {
    if (this.prepared.steps.length > 0) {
      this.enter("first_byte");
      this.#advance();
    } else if (this.prepared.waitsForBanner) this.enter("first_byte");
    else this.finish();
  }

  protected heard(bytes: Buffer): void {
    this.bodyBytes += bytes.length;
    if (this.#kept.length < maxKept) this.#kept.append(bytes.subarray(0, maxKept - this.#kept.length));
    if (this.prepared.steps.length === 0) return this.#hearBanner(bytes);
    this.#unmatched.append(bytes);
    this.#advance();
  }

  #hearBanner(bytes: Buffer): void {
    this.#quiet?.cancel();
    if (bytes.includes(10) || this.#kept.length >= maxKept) return this.finish();
    this.#quiet = this.environment.clock.after(bannerQuietMs, () => this.finish());
  }

  #advance(): void {
    for (let step = this.prepared.steps[this.#step]; step && !this.isOver; step = this.prepared.steps[this.#step]) {
      if (!this.#hasAsked) this.#ask(step);
      if (step.expected === "") {
        this.#next(step, 0);
        if (step.thenSecure) return this.#secureNow();
        continue;
      }
      const end = this.#endOf(step);
      if (end < 0) {
        if (this.#unmatched.length > maxReceived) this.finish(failure("http_too_large", `${step.name} failed: more than ${maxReceived} bytes without ${step.expected}`));
        return;
      }
      this.#next(step, end);
      if (step.thenSecure) return this.#secureNow();
    }
    if (!this.isOver) this.finish();
  }

  #secureNow(): void {
    if (this.phase === "transfer") this.transferMs = plus(this.transferMs, this.enter("idle"));
    // Plain text that came with the answer would be taken for something the other side said under TLS.
    if (this.#unmatched.length > 0) return this.finish(failure("tls_handshake", "starttls failed: the server sent plain text after agreeing to tls"));
    this.secure();
  }

  #ask(step: Step): void {
    this.#hasAsked = true;
    this.#askedAt = this.environment.clock.monotonic();
    this.#searched = 0;
    this.#restsUntil = 0;
    // A match that was found only after the close leads here, too.
    if (!this.socket) return;
    if (step.template !== undefined) this.send(Buffer.from(expandGroups(step.template, this.#groups)));
    else if (step.send) this.send(step.send);
  }

  #next(step: Step, end: number): void {
    this.#record(step, this.#unmatched.bytes.subarray(0, end));
    if (this.prepared.steps[this.#step + 1]?.template !== undefined) this.#groups = step.groupsIn(this.#unmatched.bytes);
    this.#unmatched.drop(end);
    this.#step++;
    this.#hasAsked = false;
  }

  #record(step: Step, received: Uint8Array): void {
    this.turns.push(shownTurn(step.name, step.send, received, this.environment.clock.monotonic() - this.#askedAt));
  }

  /** Looks at each byte once for a text; a pattern may use no more than a share of the time. */
  #endOf(step: Step): number {
    const received = this.#unmatched.bytes;
    if (step.expectedBytes > 0) {
      const end = step.endIn(received, this.#searched);
      this.#searched = Math.max(0, received.length - step.expectedBytes + 1);
      return end;
    }
    const { clock } = this.environment;
    const startedAt = clock.monotonic();
    if (startedAt < this.#restsUntil) {
      this.#rest ??= clock.after(this.#restsUntil - startedAt, () => this.#wake());
      return -1;
    }
    const end = step.endIn(received, 0);
    const endedAt = clock.monotonic();
    this.#restsUntil = endedAt + (endedAt - startedAt) * patternRest;
    return end;
  }

  #wake(): void {
    this.#rest = undefined;
    this.#restsUntil = 0;
    this.#advance();
  }

  protected override finish(problem?: Failure): void {
    if (this.isOver) return;
    this.#quiet?.cancel();
    this.#rest?.cancel();
    if (this.phase === "transfer") this.transferMs = plus(this.transferMs, this.enter("idle"));
    const step = this.prepared.steps[this.#step];
    if (step && this.#hasAsked) this.#record(step, this.#unmatched.bytes);
    super.finish(problem);
  }

  override closed(code: string, message: string): void {
    if (this.phase !== "first_byte" && this.phase !== "transfer") return super.closed(code, message);
    if (code === ownMistake || this.isNegotiating) return super.closed(code, message);
    // A pattern that rests has not seen the last of it.
    if (this.#rest) this.#wake();
    if (this.isOver) return;
    const step = this.prepared.steps[this.#step];
    if (!step) return this.bodyBytes > 0 && code === "" ? this.finish() : this.finish(lost(code, message));
    if (this.#unmatched.length > 0) return this.finish(failure("assertion_failed", this.#mismatch(step)));
    const how = code === "" || code === "ECONNRESET" ? `connection ${code === "" ? "closed" : "reset"}` : lost(code, message).message;
    this.finish(failure("connection_reset", `${step.name} failed: ${how} before ${step.expected}`));
  }

  #mismatch(step: Step): string {
    return `${step.name} failed: expected ${step.expected}, received ${JSON.stringify(this.#unmatched.bytes.toString("latin1", 0, 100))}`;
  }

  protected override whatIsLate(within: string): string {
    if (this.isNegotiating) return super.whatIsLate(within);
    const step = this.prepared.steps[this.#step];
    if (!step) return `no banner ${within}`;
    return this.#unmatched.length === 0 ? `${step.name} failed: no answer ${within}, expected ${step.expected}` : `${this.#mismatch(step)} ${within}`;
  }

  headers(): string[] {
    return [];
  }

  text(): string {
    return this.#kept.bytes.toString("utf8");
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts = super.observed(withExcerpt);
    if (this.bodyBytes > 0) facts.receivedBytes = this.bodyBytes;
    if (withExcerpt && this.#kept.length > 0) facts.excerpt = this.text().slice(0, excerptBytes);
    return facts;
  }
}
