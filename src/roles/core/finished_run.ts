/** A run as it comes back from the thread that made it. */
import { resultStatuses, type ResultStatus } from "#ports/results";
import type { Failure } from "./net/failure.ts";
import { resultColumns as column, type SentDetail } from "./probe_protocol.ts";
import type { Timings } from "./probes/probe.ts";
import type { RunDetail } from "./run.ts";

/** Numbers as in `StoredResult`. */
export interface FinishedRun extends Timings {
  status: ResultStatus;
  startedAtMs: number;
  finishedAtMs: number;
  code: number;
  bodyBytes: number;
  attempts: number;
  probeLagMs: number;
  lostSyns: number;
  error: Failure | undefined;
  detail: RunDetail | undefined;
  /** In place of `detail`, its JSON: of a run that was up at once, when it was wanted in detail; else "". */
  detailJson: string;
  /** Not the end: it failed, and another worker is to confirm it. Owners never see it. */
  again: boolean;
  /** What is known of the network where it was made; undefined where that is this process's own. */
  network: NetworkView | undefined;
}

export interface NetworkView {
  /** A run that began before this time and failed for a reason of the network is no evidence. */
  excusedBeforeMs: number;
  summary(): string;
}

/** One run of both: it begins with the first, and the last attempt counts. */
export function joined(earlier: FinishedRun, last: FinishedRun): FinishedRun {
  const own = last.detail?.attemptDetails ?? [];
  const attempt = { startedAtMs: last.startedAtMs, latencyMs: last.latencyMs, status: last.status, ...(last.error && { error: last.error }) };
  const attemptDetails = [...(earlier.detail?.attemptDetails ?? []), ...(own.length > 0 ? own : [attempt])];
  const detail = { ...(last.detail ?? { observed: {}, assertions: [] }), attemptDetails };
  return { ...last, startedAtMs: earlier.startedAtMs, attempts: earlier.attempts + last.attempts, detail };
}

export function finishedRun(rows: Float64Array, at: number, sent: SentDetail | undefined, network: NetworkView | undefined): FinishedRun {
  const text = typeof sent === "string" ? undefined : sent;
  return {
    status: resultStatuses[rows[at + column.status]!]!,
    startedAtMs: rows[at + column.startedAtMs]!,
    finishedAtMs: rows[at + column.finishedAtMs]!,
    latencyMs: rows[at + column.latencyMs]!,
    dnsMs: rows[at + column.dnsMs]!,
    connectMs: rows[at + column.connectMs]!,
    tlsMs: rows[at + column.tlsMs]!,
    firstByteMs: rows[at + column.firstByteMs]!,
    transferMs: rows[at + column.transferMs]!,
    code: rows[at + column.code]!,
    bodyBytes: rows[at + column.bodyBytes]!,
    attempts: rows[at + column.attempts]!,
    probeLagMs: rows[at + column.probeLagMs]!,
    lostSyns: rows[at + column.lostSyns]!,
    error: text?.error,
    detail: text?.detail,
    detailJson: typeof sent === "string" ? sent : "",
    again: rows[at + column.again] === 1,
    network,
  };
}

export function lost(nowMs: number, why: string): FinishedRun {
  return { ...runWithoutProbe("unknown", nowMs), error: { kind: "internal", message: why } };
}

/** A run in which nobody was asked. */
export function runWithoutProbe(status: ResultStatus, nowMs: number): FinishedRun {
  const none = Number.NaN;
  return {
    status,
    startedAtMs: nowMs,
    finishedAtMs: nowMs,
    latencyMs: 0,
    dnsMs: none,
    connectMs: none,
    tlsMs: none,
    firstByteMs: none,
    transferMs: none,
    code: 0,
    bodyBytes: 0,
    attempts: 1,
    probeLagMs: 0,
    lostSyns: 0,
    error: undefined,
    detail: undefined,
    detailJson: "",
    again: false,
    network: undefined,
  };
}
