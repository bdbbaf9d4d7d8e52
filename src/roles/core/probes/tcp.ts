/** The `tcp` kind: connect, TLS or STARTTLS when asked for, then a dialogue of steps. The step that fails is named. */
import { compilePattern } from "#ports/assertion_language";
import { ownMistake } from "../net/dial.ts";
import { createEndpoint, type Endpoint } from "../net/endpoint.ts";
import { failure } from "../net/failure.ts";
import type { IpFamily } from "../net/resolver.ts";
import { prepareTls, type TlsTarget } from "../net/tls.ts";
import { ConnectionAttempt, lost, plus } from "./connection_attempt.ts";
import { excerptBytes, type Attempt, type JsonObject, type PreparedProbe, type ProbeLimits, type RunEnvironment } from "./probe.ts";

export interface TcpStep {
  send?: string;
  sendHex?: string;
  expect?: { text?: string; regex?: string; bytesHex?: string };
}

export interface TcpTarget {
  host: string;
  port: number;
  tls?: boolean | TlsTarget;
  starttls?: "smtp" | "imap" | "pop3";
  steps?: TcpStep[];
  ipFamily?: IpFamily;
  resolve?: string;
}

interface Step {
  /** How the step is called in a failure: "step 2" or "starttls". */
  name: string;
  send: Uint8Array | undefined;
  expected: string;
  /** Where what is expected ends in the text received so far (latin1, one character a byte); -1 when it is not there. */
  endIn: ((received: string) => number) | undefined;
  thenSecure: boolean;
}

interface PreparedTcp {
  endpoint: Endpoint;
  steps: Step[];
  /** TLS begins in the middle of the dialogue, not at once. */
  isStartTls: boolean;
  waitsForBanner: boolean;
}

/** A dialogue that needs more than this to match is not a banner any more. */
const maxReceived = 262_144;
const maxKept = 65_536;

export function prepareTcp(target: JsonObject, limits: ProbeLimits): PreparedProbe {
  const tcp = target as unknown as TcpTarget;
  const isTls = tcp.tls !== undefined && tcp.tls !== false;
  const tls = isTls || tcp.starttls ? prepareTls(tcp.host, typeof tcp.tls === "object" ? tcp.tls : {}) : undefined;
  const own = (tcp.steps ?? []).map((step, index) => stepOf(step, `step ${index + 1}`));
  const prepared: PreparedTcp = {
    endpoint: createEndpoint({ host: tcp.host, port: tcp.port, family: tcp.ipFamily, resolve: tcp.resolve, tls }),
    steps: tcp.starttls ? [...startTlsSteps[tcp.starttls].map((step) => ({ ...step })), ...own] : own,
    isStartTls: tcp.starttls !== undefined,
    waitsForBanner: limits.keepsBody && own.length === 0,
  };
  return { implied: [], attempt: (environment, timeoutMs, onDone) => void new TcpAttempt(prepared, environment, timeoutMs, onDone) };
}

function stepOf(step: TcpStep, name: string): Step {
  const send = step.sendHex === undefined ? (step.send === undefined ? undefined : Buffer.from(step.send)) : Buffer.from(step.sendHex, "hex");
  const { text, regex, bytesHex } = step.expect ?? {};
  const base = { name, send, thenSecure: false };
  if (regex !== undefined) {
    const pattern = compilePattern(regex);
    return { ...base, expected: `a match of ${JSON.stringify(regex)}`, endIn: (received) => pattern.endIn(received) };
  }
  const wanted = bytesHex === undefined ? (text === undefined ? undefined : Buffer.from(text)) : Buffer.from(bytesHex, "hex");
  if (wanted === undefined) return { ...base, expected: "nothing", endIn: undefined };
  const needle = wanted.toString("latin1");
  const endIn = (received: string) => {
    const at = received.indexOf(needle);
    return at < 0 ? -1 : at + needle.length;
  };
  return { ...base, expected: bytesHex === undefined ? JSON.stringify(text) : `the bytes ${bytesHex}`, endIn };
}

function startTls(greeting: string, hello: TcpStep[], command: string, answer: string): Step[] {
  const steps = [{ expect: { regex: greeting } }, ...hello, { send: command, expect: { regex: answer } }].map((step) => stepOf(step, "starttls"));
  steps.at(-1)!.thenSecure = true;
  return steps;
}

/** RFC 3207, RFC 9051 and RFC 2595. A dash after the code says that more lines follow. */
const startTlsSteps: Record<"smtp" | "imap" | "pop3", Step[]> = {
  smtp: startTls("(?m)^220(?: .*)?\\n", [{ send: "EHLO uptimeping\r\n", expect: { regex: "(?m)^250(?: .*)?\\n" } }], "STARTTLS\r\n", "(?m)^220(?: .*)?\\n"),
  imap: startTls("(?m)^\\* OK.*\\n", [], "a1 STARTTLS\r\n", "(?m)^a1 OK.*\\n"),
  pop3: startTls("(?m)^\\+OK.*\\n", [], "STLS\r\n", "(?m)^\\+OK.*\\n"),
};

class TcpAttempt extends ConnectionAttempt {
  #step = 0;
  /** Received and not yet matched by a step. */
  #unmatched = "";
  /** All that was received, for assertions and people; bounded. */
  #kept = "";

  constructor(
    private readonly prepared: PreparedTcp,
    environment: RunEnvironment,
    timeoutMs: number,
    onDone: (attempt: Attempt) => void,
  ) {
    super(environment, timeoutMs, onDone);
    this.reach(prepared.endpoint);
  }

  override connected(): void {
    if (!this.prepared.isStartTls) return super.connected();
    this.connectMs = plus(this.connectMs, this.enter("idle"));
    this.ready();
  }

  protected ready(): void {
    const step = this.prepared.steps[this.#step];
    if (!step) return this.prepared.waitsForBanner ? void this.enter("first_byte") : this.finish();
    if (this.phase === "idle") this.enter("first_byte");
    if (step.send) this.send(step.send);
    this.#advance();
  }

  override received(bytes: Buffer): void {
    if (this.phase === "first_byte") this.firstByteMs = plus(this.firstByteMs, this.enter("transfer"));
    this.bodyBytes += bytes.length;
    const text = bytes.toString("latin1");
    if (this.#kept.length < maxKept) this.#kept += text.slice(0, maxKept - this.#kept.length);
    if (this.prepared.steps.length === 0) {
      if (this.#kept.includes("\n") || this.#kept.length >= maxKept) this.#finishDialogue();
      return;
    }
    this.#unmatched += text;
    this.#advance();
  }

  #advance(): void {
    const step = this.prepared.steps[this.#step]!;
    if (step.endIn) {
      const end = step.endIn(this.#unmatched);
      if (end < 0) {
        if (this.#unmatched.length > maxReceived) this.finish(failure("http_too_large", `${step.name} failed: more than ${maxReceived} bytes without ${step.expected}`));
        return;
      }
      this.#unmatched = this.#unmatched.slice(end);
    }
    this.#step++;
    if (step.thenSecure) return this.#secureNow();
    if (this.#step < this.prepared.steps.length) this.ready();
    else this.#finishDialogue();
  }

  #secureNow(): void {
    this.transferMs = plus(this.transferMs, this.enter("idle"));
    // Plain text that came with the answer would be taken for something the other side said under TLS.
    if (this.#unmatched !== "") return this.finish(failure("tls_handshake", "starttls failed: the server sent plain text after agreeing to tls"));
    this.secure();
  }

  #finishDialogue(): void {
    if (this.phase === "transfer") this.transferMs = plus(this.transferMs, this.enter("idle"));
    this.finish();
  }

  override closed(code: string, message: string): void {
    if (this.phase === "tls" || code === ownMistake) return super.closed(code, message);
    const step = this.prepared.steps[this.#step];
    if (!step) return this.bodyBytes > 0 && code === "" ? this.#finishDialogue() : this.finish(lost(code, message));
    if (this.#unmatched !== "") return this.finish(failure("assertion_failed", this.#mismatch(step)));
    const how = code === "" || code === "ECONNRESET" ? `connection ${code === "" ? "closed" : "reset"}` : lost(code, message).message;
    this.finish(failure("connection_reset", `${step.name} failed: ${how} before ${step.expected}`));
  }

  #mismatch(step: Step): string {
    return `${step.name} failed: expected ${step.expected}, received ${JSON.stringify(this.#unmatched.slice(0, 100))}`;
  }

  protected override whatIsLate(within: string): string {
    const step = this.prepared.steps[this.#step];
    if (!step) return `no banner ${within}`;
    return this.#unmatched === "" ? `${step.name} failed: no answer ${within}, expected ${step.expected}` : `${this.#mismatch(step)} ${within}`;
  }

  headers(): string[] {
    return [];
  }

  text(): string {
    return Buffer.from(this.#kept, "latin1").toString("utf8");
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts = super.observed(withExcerpt);
    if (this.bodyBytes > 0) facts.receivedBytes = this.bodyBytes;
    if (withExcerpt && this.#kept !== "") facts.excerpt = this.text().slice(0, excerptBytes);
    return facts;
  }
}
