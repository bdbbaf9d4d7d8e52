/** What every kind of check gives: a prepared probe, and one observation per attempt. */
import type { Clock } from "#kernel/clock";
import type { EgressRules } from "#kernel/egress";
import type { Operator, Severity, Source } from "#ports/assertion_language";
import type { BaselineKind } from "#ports/baselines";
import type { Failure } from "../net/failure.ts";
import type { PingMethod } from "../net/ping.ts";
import type { Resolver } from "../net/resolver.ts";
import type { StallWatch } from "../net/stall.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** What a run is made in: everything that is not the check itself. */
export interface RunEnvironment {
  clock: Clock;
  egress: EgressRules;
  privateAllowed: boolean;
  /** The FileDescriptorSet of a stored proto set, as bytes. */
  descriptors(protoSetId: string): Promise<Uint8Array>;
  /** The system's servers when absent. */
  resolver?: Resolver;
  /** Found out once per process when absent. */
  pingMethod?: PingMethod;
  /** Tells when the fault was ours; without it every late answer is the target's. */
  stalls?: StallWatch;
  /** Absent where nothing is to be remembered: for a check that is only tried. */
  baseline?: CheckBaseline;
}

/** What is remembered of a check's target from run to run. */
export interface CheckBaseline {
  /** Undefined when none is set. `text` is "" when the hash is among the `known` ones. */
  get(kind: BaselineKind, known: string[]): Promise<{ hash: string; text: string } | undefined>;
  set(kind: BaselineKind, baseline: { hash: string; text: string }): Promise<void>;
}

/** Durations in milliseconds; NaN when the phase did not happen. Redirects add up. */
export interface Timings {
  latencyMs: number;
  dnsMs: number;
  connectMs: number;
  tlsMs: number;
  firstByteMs: number;
  transferMs: number;
}

/** One attempt as the judge sees it. What costs something is a method, asked only by an assertion that needs it. */
export interface Observation extends Timings {
  /** Why there is no answer to judge; undefined when there is one. */
  readonly failure: Failure | undefined;
  /** What the probe itself found wrong beside a good answer: the check is then degraded. */
  readonly degradation?: Failure | undefined;
  /** HTTP or gRPC status; 0 when there is none. */
  readonly code: number;
  readonly bodyBytes: number;
  readonly remoteAddress: string;
  /** All values of a header, or of a gRPC metadata key, by its name in lower case. */
  headers(name: string): string[];
  /** The body or banner as text. */
  text(): string;
  /** The body as JSON; throws an Error whose message says why it is none. */
  document(): unknown;
  certificateDays(): number | undefined;
  /**
   * The value of a source that only some kinds have, such as `serving_status`; undefined when there is none. Of `grpc_status`,
   * the words that came with it. An AppError is a fault of ours.
   */
  fact(source: Source): unknown;
}

export interface Attempt extends Observation {
  readonly startedAtMs: number;
  /** What our own event loop added; it is not in the latency nor in a phase. */
  readonly probeLagMs: number;
  /** How long it took by the clock. The latency may leave some of that out, or be something else, as the round trip of a ping is. */
  readonly durationMs: number;
  readonly lostSyns: number;
  /** The facts that people see; `withExcerpt` adds the beginning of what was received. */
  observed(withExcerpt: boolean): JsonObject;
}

/** An assertion that holds for a kind of check unless the person asserts on the same source. */
export interface ImpliedAssertion {
  source: Source;
  op: Operator;
  value: Json;
  path?: string;
  /** `down` when not said. */
  severity?: Severity;
  /** An assertion of the person's on one of these takes its place too. */
  alsoReplacedBy?: readonly Source[];
}

export interface PreparedProbe {
  implied: ImpliedAssertion[];
  /** It keeps something between attempts, such as a token, that would have to be got again. */
  remembers?: boolean;
  /** Makes one attempt on a fresh connection; `onDone` is called once, never from inside the call. */
  attempt(environment: RunEnvironment, timeoutMs: number, onDone: (attempt: Attempt) => void): void;
}

export interface ProbeLimits {
  /** Whether an assertion reads the body: else only an excerpt of it is kept. */
  keepsBody: boolean;
  /** How much of a kept body; 1 MiB when not said. */
  keptBytes?: number;
}

/** Reads a target once; throws an Error with the reason when it cannot be used. */
export type Prepare = (target: JsonObject, limits: ProbeLimits) => PreparedProbe;

export const excerptBytes = 4_096;
export const keptBodyBytes = 1_048_576;
