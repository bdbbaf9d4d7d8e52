/**
 * One attempt over a connection, up to the point where the protocol speaks:
 *
 *   reach → (dns) → gate → connect → (tls) → ready, and then whatever the probe does until `finish`.
 *
 * There is one deadline, of the whole attempt; the phase it finds names the failure. The gate sees every address
 * of a name, and the connection goes to a literal address that it saw, so a name cannot change its mind in between.
 * Where a name has several, `connectMs` is from the first dial until a connection stood, as a visitor waits for it; what
 * each address took by itself is in `observed`, and the round trip is the used one's.
 * `finish` may be called from anywhere and counts once; it decides the outcome, then cuts the connection.
 */
import type { Timer } from "#kernel/clock";
import { decideEgress } from "#kernel/egress";
import type { Source } from "#ports/assertion_language";
import { culpritOf, problemsOf, type Link } from "../net/certificate.ts";
import { ConnectRace } from "../net/connect_race.ts";
import { dial, Line, ownMistake, startTls } from "../net/dial.ts";
import { authorityOf, refusalOf, type Endpoint } from "../net/endpoint.ts";
import { connectFailure, failure, tlsFailure, type Failure } from "../net/failure.ts";
import { createResolver, type Lookup, type Resolver } from "../net/resolver.ts";
import { readCertificates, type PreparedTls } from "../net/tls.ts";
import type { Attempt, JsonObject, RunEnvironment } from "./probe.ts";

export type AttemptPhase = "idle" | "dns" | "connect" | "tls" | "first_byte" | "transfer";

let systemResolver: Resolver | undefined;

/** The resolver of this environment, which is the system's unless a test brings its own. */
export function resolverOf(environment: RunEnvironment): Resolver {
  return environment.resolver ?? (systemResolver ??= createResolver());
}

const dayMs = 86_400_000;

export abstract class ConnectionAttempt extends Line implements Attempt {
  failure: Failure | undefined = undefined;
  code = 0;
  bodyBytes = 0;
  remoteAddress = "";
  readonly startedAtMs: number;
  durationMs = Number.NaN;
  latencyMs = Number.NaN;
  dnsMs = Number.NaN;
  connectMs = Number.NaN;
  tlsMs = Number.NaN;
  firstByteMs = Number.NaN;
  transferMs = Number.NaN;
  probeLagMs = 0;

  /** How much of the time is not the target's answer, such as asking for its descriptors; the latency leaves it out. */
  protected setAsideMs = 0;
  protected phase: AttemptPhase = "idle";
  protected isOver = false;
  /** How old a chain may be that goes with the leaf of last time. */
  protected readonly chainMaxAgeMs: number = 600_000;
  protected endpoint!: Endpoint;
  /** Version and cipher of the last handshake. */
  protected session: { version: string; cipher: string } | undefined = undefined;
  /** Whose certificate this attempt saw. What an earlier attempt saw is remembered there, and is not this one's to show. */
  #certified: PreparedTls | undefined = undefined;
  readonly #startedAt: number;
  #phaseStartedAt: number;
  readonly #deadline: Timer;
  #lookup: Lookup | undefined = undefined;
  /** Among the addresses of a name that has several. */
  #race: ConnectRace | undefined = undefined;
  /** How long the address that won it took by itself. */
  #wonInMs: number | undefined = undefined;

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
    this.#race = undefined;
    this.#wonInMs = undefined;
    if (endpoint.literal === undefined) return this.#resolve(endpoint);
    const refusal = refusalOf(endpoint, this.environment.egress, this.environment.privateAllowed);
    if (refusal !== undefined) return this.#refuse(refusal);
    this.connectTo(endpoint.literal);
  }

  #resolve(endpoint: Endpoint): void {
    this.enter("dns");
    this.#lookup = resolverOf(this.environment).lookup(endpoint.host, endpoint.family, (answer) => {
      this.#lookup = undefined;
      if (this.isOver) return;
      this.dnsMs = plus(this.dnsMs, this.enter("idle"));
      if (!Array.isArray(answer)) return this.finish(answer);
      for (const address of answer) {
        const refusal = decideEgress(this.environment.egress, { address, port: endpoint.port, privateAllowed: this.environment.privateAllowed });
        if (refusal !== undefined) return this.#refuse(`${endpoint.host} resolves to ${address}, and ${refusal}`);
      }
      this.connectToOneOf(answer);
    });
  }

  /** Told in the next turn: the caller of `reach` may still be setting up. */
  #refuse(reason: string): void {
    queueMicrotask(() => this.finish(failure("target_forbidden", `not connected: ${reason}`)));
  }

  /** Only with an address that the gate has let pass. A probe whose protocol has no connections overrides it. */
  protected connectTo(address: string): void {
    this.enter("connect");
    this.remoteAddress = address;
    dial(this, address, this.endpoint.port);
  }

  /** The addresses of a name, all of which the gate has let pass. */
  protected connectToOneOf(addresses: string[]): void {
    if (addresses.length === 1) return this.connectTo(addresses[0]!);
    this.enter("connect");
    this.remoteAddress = addresses[0]!;
    this.#race = new ConnectRace({
      addresses,
      port: this.endpoint.port,
      clock: this.environment.clock,
      won: (line, address, tookMs) => {
        this.remoteAddress = address;
        this.#wonInMs = tookMs;
        this.takeOver(line);
        this.connected();
      },
      lost: (reason) => this.#unconnected(reason),
    });
  }

  override connected(): void {
    this.noteConnect("idle");
    if (this.endpoint.tls) this.secure();
    else this.ready();
  }

  /**
   * Ends the connect phase. The kernel knows how long its handshake took, whatever kept us from looking at once; after a lost
   * SYN its round trip leaves out the wait for the next one, and then our own clock is right.
   */
  protected noteConnect(next: AttemptPhase): void {
    const took = this.enter(next);
    // Of several addresses the others had their turn first, and that wait is no lag of ours.
    const ownMs = this.#wonInMs ?? took;
    const kernelMs = this.lostSyns === 0 ? this.roundTripUs / 1_000 : 0;
    const lagMs = kernelMs > 0 ? Math.max(0, ownMs - kernelMs) : 0;
    this.probeLagMs += lagMs;
    this.connectMs = plus(this.connectMs, took - lagMs);
  }

  override unconnected(code: string): void {
    this.socket = null;
    this.#unconnected(connectFailure(code, authorityOf(this.remoteAddress, this.endpoint.port)));
  }

  #unconnected(reason: Failure): void {
    this.connectMs = plus(this.connectMs, this.enter("idle"));
    this.finish(reason);
  }

  /** Starts TLS on the open connection; ends in `ready` or in a failure. */
  protected secure(): void {
    this.enter("tls");
    startTls(this, this.endpoint.tls!.options);
  }

  override secured(code: string, message: string): void {
    const tls = this.endpoint.tls!;
    this.tlsMs = plus(this.tlsMs, this.enter("idle"));
    if (readCertificates(this.socket!, tls, code, { nowMs: this.environment.clock.now(), maxAgeMs: this.chainMaxAgeMs })) this.#certified = tls;
    if (code !== "" && !(tls.skipVerify && !isProtocolError(code))) return this.finish(tlsFailure(code, message, tls.serverName, this.#culprit()));
    this.session = { version: this.socket!.getTLSVersion(), cipher: this.socket!.getCipher()?.name ?? "" };
    this.ready();
  }

  /** Which certificate made the verification fail, where the kind of the failure does not say it. */
  #culprit(): string | undefined {
    return culpritOf(this.chain(), this.#certificateProblems(), this.endpoint.tls!.verification);
  }

  #certificateProblems(): (string | undefined)[] {
    const { verification, serverName } = this.endpoint.tls!;
    return problemsOf(this.chain(), verification, serverName, this.environment.clock.now());
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
        return this.late(within);
    }
  }

  /** The deadline has come after the connect, or where there is none. */
  protected late(within: string): void {
    this.finish(failure("response_timeout", this.whatIsLate(within)));
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
    this.durationMs = this.environment.clock.monotonic() - this.#startedAt;
    this.latencyMs = this.measuredLatencyMs();
    this.#lookup?.cancel();
    this.#race?.stop();
    this.hangUp();
    this.onDone(this);
  }

  /** What `latency` means; the time that everything took but for what our own event loop added and what was set aside, unless the kind measures something better. */
  protected measuredLatencyMs(): number {
    return this.durationMs - this.probeLagMs - this.setAsideMs;
  }

  /** What the peer sent to prove who it is, leaf first; empty when it sent nothing. */
  protected chain(): readonly Link[] {
    return this.#certified && this.#certified === this.endpoint.tls ? this.#certified.chain : [];
  }

  certificateDays(): number | undefined {
    const leaf = this.chain()[0];
    return leaf && this.#daysLeft(leaf);
  }

  /** Of the certificate of the chain that ends first. */
  protected chainDays(): number | undefined {
    const chain = this.chain();
    return chain.length === 0 ? undefined : Math.min(...chain.map((link) => this.#daysLeft(link)));
  }

  #daysLeft({ notAfterMs }: Link): number {
    return Math.floor((notAfterMs - this.environment.clock.now()) / dayMs);
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

  fact(_source: Source): unknown {
    return undefined;
  }

  observed(_withExcerpt: boolean): JsonObject {
    const facts: JsonObject = {};
    if (this.remoteAddress !== "") facts.remoteAddress = this.remoteAddress;
    if (this.roundTripUs > 0) facts.connectRttUs = this.roundTripUs;
    if (this.lostSyns > 0) facts.lostSyns = this.lostSyns;
    const dialled = this.#race?.dialled() ?? [];
    if (dialled.length > 1) facts.connects = dialled.map((one) => ({ ...one }));
    if (this.session) facts.tls = this.session;
    if (this.chain().length > 0) facts.certificate = this.#shownChain();
    return facts;
  }

  #shownChain(): JsonObject {
    const { verification } = this.endpoint.tls!;
    const problems = this.#certificateProblems();
    return {
      daysLeft: this.certificateDays()!,
      chainDaysLeft: this.chainDays()!,
      ...(verification !== "" && { verification }),
      chain: this.chain().map((link, index) => ({ ...link.facts, daysLeft: this.#daysLeft(link), ...(problems[index] !== undefined && { problem: problems[index] }) })),
    };
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
