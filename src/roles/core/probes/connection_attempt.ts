/**
 * One attempt over a connection, up to the point where the protocol speaks:
 *
 *   reach → (dns) → gate → connect → (tls) → ready, and then whatever the probe does until `finish`.
 *
 * There is one timer, the deadline of the whole attempt; the phase it finds names the failure. The gate sees every address
 * of a name, and the connection goes to the literal address that it saw, so a name cannot change its mind in between.
 * `finish` may be called from anywhere and counts once; it decides the outcome, then cuts the connection.
 */
import type { Timer } from "#kernel/clock";
import { decideEgress } from "#kernel/egress";
import { dial, Line, ownMistake, startTls } from "../net/dial.ts";
import { authorityOf, refusalOf, type Endpoint } from "../net/endpoint.ts";
import { connectFailure, failure, tlsFailure, type Failure } from "../net/failure.ts";
import { createResolver, type Lookup, type Resolver } from "../net/resolver.ts";
import { readCertificate } from "../net/tls.ts";
import type { Attempt, JsonObject, RunEnvironment } from "./probe.ts";

export type AttemptPhase = "idle" | "dns" | "connect" | "tls" | "first_byte" | "transfer";

let systemResolver: Resolver | undefined;

const maxAddresses = 4;
const dayMs = 86_400_000;

export abstract class ConnectionAttempt extends Line implements Attempt {
  failure: Failure | undefined = undefined;
  code = 0;
  bodyBytes = 0;
  remoteAddress = "";
  readonly startedAtMs: number;
  latencyMs = Number.NaN;
  dnsMs = Number.NaN;
  connectMs = Number.NaN;
  tlsMs = Number.NaN;
  firstByteMs = Number.NaN;
  transferMs = Number.NaN;

  protected phase: AttemptPhase = "idle";
  protected isOver = false;
  protected endpoint!: Endpoint;
  /** Version and cipher of the last handshake. */
  protected session: { version: string; cipher: string } | undefined = undefined;
  readonly #startedAt: number;
  #phaseStartedAt: number;
  readonly #deadline: Timer;
  #lookup: Lookup | undefined = undefined;
  /** Other addresses of the name, for when the first cannot be connected to. */
  #others: string[] | undefined = undefined;
  #firstRefusal: Failure | undefined = undefined;

  constructor(
    protected readonly environment: RunEnvironment,
    protected readonly timeoutMs: number,
    private readonly onDone: (attempt: Attempt) => void,
  ) {
    super();
    const { clock } = environment;
    this.startedAtMs = clock.now();
    this.#startedAt = clock.monotonic();
    this.#phaseStartedAt = this.#startedAt;
    this.#deadline = clock.after(timeoutMs, () => this.#expire());
  }

  /** The connection is open, and encrypted when the endpoint says so. */
  protected abstract ready(): void;

  /** Ends the current phase and begins the next; answers how long the ended one took. */
  protected enter(phase: AttemptPhase): number {
    const now = this.environment.clock.monotonic();
    const took = now - this.#phaseStartedAt;
    this.phase = phase;
    this.#phaseStartedAt = now;
    return took;
  }

  protected reach(endpoint: Endpoint): void {
    this.endpoint = endpoint;
    this.#firstRefusal = undefined;
    this.#others = undefined;
    if (endpoint.literal === undefined) return this.#resolve(endpoint);
    const refusal = refusalOf(endpoint, this.environment.egress, this.environment.privateAllowed);
    if (refusal !== undefined) return this.#refuse(refusal);
    this.#connect(endpoint.literal);
  }

  #resolve(endpoint: Endpoint): void {
    this.enter("dns");
    const resolver = this.environment.resolver ?? (systemResolver ??= createResolver());
    this.#lookup = resolver.lookup(endpoint.host, endpoint.family, (answer) => {
      this.#lookup = undefined;
      if (this.isOver) return;
      this.dnsMs = plus(this.dnsMs, this.enter("idle"));
      if (!Array.isArray(answer)) return this.finish(answer);
      for (const address of answer) {
        const refusal = decideEgress(this.environment.egress, { address, port: endpoint.port, privateAllowed: this.environment.privateAllowed });
        if (refusal !== undefined) return this.#refuse(`${endpoint.host} resolves to ${address}, and ${refusal}`);
      }
      this.#others = answer.slice(1, maxAddresses);
      this.#connect(answer[0]!);
    });
  }

  /** Told in the next turn: the caller of `reach` may still be setting up. */
  #refuse(reason: string): void {
    queueMicrotask(() => this.finish(failure("target_forbidden", `not connected: ${reason}`)));
  }

  #connect(address: string): void {
    this.enter("connect");
    this.remoteAddress = address;
    dial(this, address, this.endpoint.port);
  }

  override connected(): void {
    this.connectMs = plus(this.connectMs, this.enter("idle"));
    if (this.endpoint.tls) this.secure();
    else this.ready();
  }

  override unconnected(code: string): void {
    this.connectMs = plus(this.connectMs, this.enter("idle"));
    this.socket = null;
    this.#firstRefusal ??= connectFailure(code, authorityOf(this.remoteAddress, this.endpoint.port));
    const next = this.#others?.shift();
    if (next === undefined) this.finish(this.#firstRefusal);
    else this.#connect(next);
  }

  /** Starts TLS on the open connection; ends in `ready` or in a failure. */
  protected secure(): void {
    this.enter("tls");
    startTls(this, this.endpoint.tls!.options);
  }

  override secured(code: string, message: string): void {
    const tls = this.endpoint.tls!;
    this.tlsMs = plus(this.tlsMs, this.enter("idle"));
    readCertificate(this.socket!, tls);
    if (code !== "" && !(tls.skipVerify && !isProtocolError(code))) return this.finish(tlsFailure(code, message, tls.serverName));
    this.session = { version: this.socket!.getTLSVersion(), cipher: this.socket!.getCipher()?.name ?? "" };
    this.ready();
  }

  /** The connection ended while the probe was not expecting it; probes that can tell more override this. */
  override closed(code: string, message: string): void {
    if (this.phase === "tls" && code !== ownMistake) this.finish(tlsFailure(code === "" ? "connection closed during the handshake" : code, message, this.endpoint.tls!.serverName));
    else this.finish(lost(code, message));
  }

  #expire(): void {
    const within = `within ${this.timeoutMs} ms`;
    const where = this.endpoint ? authorityOf(this.remoteAddress || this.endpoint.host, this.endpoint.port) : "the target";
    switch (this.phase) {
      case "dns":
        this.dnsMs = plus(this.dnsMs, this.enter("idle"));
        return this.finish(failure("dns_timeout", `name ${this.endpoint.host} was not resolved ${within}`));
      case "connect":
        this.connectMs = plus(this.connectMs, this.enter("idle"));
        return this.finish(failure("connect_timeout", `connect to ${where} failed: no answer ${within}`));
      case "tls":
        this.tlsMs = plus(this.tlsMs, this.enter("idle"));
        return this.finish(failure("tls_handshake", `tls handshake failed: not done ${within}`));
      default:
        return this.finish(failure("response_timeout", this.whatIsLate(within)));
    }
  }

  /** What the deadline interrupted, once connected. */
  protected whatIsLate(within: string): string {
    return this.phase === "transfer" ? `response was not complete ${within}` : `no answer ${within}`;
  }

  protected finish(problem?: Failure): void {
    if (this.isOver) return;
    this.isOver = true;
    this.failure = problem;
    this.#deadline.cancel();
    this.latencyMs = this.environment.clock.monotonic() - this.#startedAt;
    this.#lookup?.cancel();
    this.hangUp();
    this.onDone(this);
  }

  certificateDays(): number | undefined {
    const tls = this.endpoint?.tls;
    if (!tls || Number.isNaN(tls.notAfterMs)) return undefined;
    return Math.floor((tls.notAfterMs - this.environment.clock.now()) / dayMs);
  }

  abstract headers(name: string): string[];
  abstract text(): string;

  #parsed: { value: unknown } | undefined = undefined;

  document(): unknown {
    if (this.#parsed) return this.#parsed.value;
    const text = this.text();
    try {
      this.#parsed = { value: JSON.parse(text) };
      return this.#parsed.value;
    } catch {
      throw new Error(text === "" ? "the body is empty" : `the body is not JSON: it begins with ${JSON.stringify(text.slice(0, 40))}`);
    }
  }

  redirectUrl(): string | undefined {
    return undefined;
  }

  servingStatus(): string | undefined {
    return undefined;
  }

  observed(_withExcerpt: boolean): JsonObject {
    const facts: JsonObject = {};
    if (this.remoteAddress !== "") facts.remoteAddress = this.remoteAddress;
    if (this.roundTripUs > 0) facts.connectRttUs = this.roundTripUs;
    if (this.lostSyns > 0) facts.lostSyns = this.lostSyns;
    const tls = this.endpoint?.tls;
    if (this.session) facts.tls = this.session;
    if (tls && tls.chain.length > 0) facts.certificate = { daysLeft: this.certificateDays() ?? null, chain: tls.chain.map((certificate) => ({ ...certificate })) };
    return facts;
  }
}

/** Adds to a sum that starts as "did not happen". */
export function plus(sum: number, ms: number): number {
  return Number.isNaN(sum) ? ms : sum + ms;
}

/** The connection broke or was closed before the answer was whole. */
export function lost(code: string, message: string): Failure {
  if (code === "") return failure("connection_reset", "connection closed before an answer");
  if (code === "ECONNRESET") return failure("connection_reset", "connection reset by the target");
  if (code === ownMistake) return failure("internal", `probe failed on our side: ${message}`);
  if (code === "EPROTO") return tlsFailure(code, message, "");
  return failure("connection_reset", `connection lost: ${code}`);
}

/** Skipping the verification forgives what a certificate says, not a handshake that failed. */
function isProtocolError(code: string): boolean {
  return code === "EPROTO" || code === "ERR_TLS_HANDSHAKE" || code === "ECONNRESET";
}
