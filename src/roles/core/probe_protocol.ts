/**
 * What goes between the main thread and a probe worker. Numbers travel in transferred typed arrays, a row a run, since an
 * object a run costs thirty times as much; text travels beside them, for the few runs that have any.
 */
import type { OperatorRules } from "#kernel/egress";
import type { BaselineAsk, RememberedBaseline } from "./baselines.ts";
import type { Failure } from "./net/failure.ts";
import type { RunDetail } from "./run.ts";

/** To the worker. A check is told once a version, under a small number. */
export type ToWorker =
  | { type: "rules"; rules: OperatorRules; privateAllowed: boolean }
  /** `check` is a config.v1.Check, encoded. */
  | { type: "check"; no: number; check: Uint8Array }
  | { type: "forget"; no: number }
  /** Rows of `startWidth`. */
  | { type: "start"; rows: Float64Array<ArrayBuffer> }
  | { type: "descriptors"; request: number; descriptors: Uint8Array | undefined; problem: string }
  | { type: "baseline"; request: number; found: RememberedBaseline | undefined; problem: string }
  | { type: "stop" };

/** From the worker. */
export type FromWorker =
  | { type: "ready" }
  /** Rows of `resultWidth`, and the details of those runs that have one, in the same order. */
  | { type: "results"; rows: Float64Array<ArrayBuffer>; details: SentDetail[] }
  | { type: "descriptors"; request: number; tenantId: string; protoSetId: string }
  | { type: "baseline"; request: number; ask: BaselineAsk };

/** Of a run that is simply up a detail travels as JSON, since it lies as it is until somebody looks, or the next one comes. */
export type SentDetail = { error: Failure | undefined; detail: RunDetail } | string;

/** How much is wanted of a run that is up; of every other one everything is. */
export const wanted = { numbers: 0, detail: 1, excerpt: 2 } as const;
export type Wanted = keyof typeof wanted;

/**
 * run, number of the check, when it is to start (epoch ms, 0 for now), what is `wanted`, how many retries the worker makes
 * itself, whether a failure then goes to another worker.
 */
export const startWidth = 6;

/** run, status, startedAtMs, finishedAtMs, then durations and numbers as in `StoredResult`. */
export const resultWidth = 17;
export const resultColumns = {
  run: 0,
  status: 1,
  startedAtMs: 2,
  finishedAtMs: 3,
  latencyMs: 4,
  dnsMs: 5,
  connectMs: 6,
  tlsMs: 7,
  firstByteMs: 8,
  transferMs: 9,
  code: 10,
  bodyBytes: 11,
  attempts: 12,
  probeLagMs: 13,
  lostSyns: 14,
  /** Failed, and another worker is to confirm it. */
  again: 15,
  hasDetail: 16,
} as const;
