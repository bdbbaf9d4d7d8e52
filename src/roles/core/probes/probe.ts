/** What every kind of check gives: a prepared probe, and one observation per attempt. */
import type { Clock } from "#kernel/clock";
import type { EgressRules } from "#kernel/egress";
import type { Operator, Source } from "#ports/assertion_language";
import type { Failure } from "../net/failure.ts";
import type { Resolver } from "../net/resolver.ts";

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
  redirectUrl(): string | undefined;
  servingStatus(): string | undefined;
}

export interface Attempt extends Observation {
  readonly startedAtMs: number;
  readonly roundTripUs: number;
  readonly lostSyns: number;
  /** The facts that people see; `withExcerpt` adds the beginning of what was received. */
  observed(withExcerpt: boolean): JsonObject;
}

/** An assertion that holds for a kind of check unless the person asserts on the same source. */
export interface ImpliedAssertion {
  source: Source;
  op: Operator;
  value: Json;
}

export interface PreparedProbe {
  implied: ImpliedAssertion[];
  /** Makes one attempt on a fresh connection; `onDone` is called once, never from inside the call. */
  attempt(environment: RunEnvironment, timeoutMs: number, onDone: (attempt: Attempt) => void): void;
}

export interface ProbeLimits {
  /** Whether an assertion reads the body: else only an excerpt of it is kept. */
  keepsBody: boolean;
}

/** Reads a target once; throws an Error with the reason when it cannot be used. */
export type Prepare = (target: JsonObject, limits: ProbeLimits) => PreparedProbe;

export const excerptBytes = 4_096;
export const keptBodyBytes = 1_048_576;
