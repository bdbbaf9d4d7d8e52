/** Results as messages: from a run to what is stored, and from what is stored to what others read. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { ResultSchema, type Result } from "#contracts/uptimeping/core/v1/core_pb";
import { runIdOf } from "#kernel/ids";
import type { ResultDetail, StoredResult, Trigger } from "#ports/results";
import { checkIdOf, locationOf } from "#ports/series";
import { errorHash } from "./error_hash.ts";
import type { FinishedRun } from "./finished_run.ts";
import type { RunDetail } from "./run.ts";

export interface Slot {
  tenantId: string;
  /** Of its series. */
  checkId: string;
  /** The store's number of the check; 0 when it is not known yet. */
  checkNo: number;
  slotMs: number;
  trigger: Trigger;
}

/** `before` is the error of the result before: the same error again is stored without its excerpt and headers. */
export function storedResultOf(run: FinishedRun, { tenantId, checkId, checkNo, slotMs, trigger }: Slot, before: ResultDetail | undefined): StoredResult {
  // Written out, since objects of one shape are made thousands of times a second.
  return {
    sequence: 0,
    tenantId,
    checkId,
    checkNo,
    slotMs,
    trigger,
    startedAtMs: run.startedAtMs,
    status: run.status,
    latencyMs: toMicros(run.latencyMs),
    dnsMs: toMicros(run.dnsMs),
    connectMs: toMicros(run.connectMs),
    tlsMs: toMicros(run.tlsMs),
    firstByteMs: toMicros(run.firstByteMs),
    transferMs: toMicros(run.transferMs),
    lagMs: Math.max(0, toMicros(run.startedAtMs - slotMs)),
    code: run.code,
    bodyBytes: run.bodyBytes,
    attempts: run.attempts,
    probeLagMs: toMicros(run.probeLagMs),
    lostSyns: run.lostSyns,
    // A run that needed a second attempt keeps what the first one met.
    detail: run.status === "up" && run.attempts === 1 ? undefined : detailOf(run, checkIdOf(checkId), before),
  };
}

/** Whole microseconds, as they are stored: a result reads the same before and after. */
function toMicros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Everything that is known of a run, for the one who looks at it now. The same error is one wherever it is seen from. */
export function detailOf(run: FinishedRun, checkId: string, before?: ResultDetail): ResultDetail {
  const error = run.error && { ...run.error, hash: errorHash(checkId, run.error.kind, run.error.message) };
  const same = before?.error !== undefined && before.error.hash === error?.hash;
  const { excerpt: _excerpt, headers: _headers, certificate: _certificate, dialogue: _dialogue, schemaChanges: _changes, ...brief } = run.detail?.observed ?? {};
  return {
    error,
    observed: same ? brief : (run.detail?.observed ?? {}),
    assertions: (run.detail?.assertions ?? []).map((outcome) => ({ ...outcome })),
    attempts: (run.detail?.attemptDetails ?? []).map(({ error: reason, ...attempt }) => ({ ...attempt, ...(reason && { error: { ...reason } }) })),
  };
}

/** `json` as a worker sends it of a run that was up at once. */
export function detailOfJson(json: string): ResultDetail {
  const { observed, assertions } = JSON.parse(json) as RunDetail;
  return { error: undefined, observed, assertions: assertions.map((outcome) => ({ ...outcome })), attempts: [] };
}

export function messageOfResult(result: StoredResult, check?: Check): Result {
  const { detail } = result;
  const checkId = checkIdOf(result.checkId);
  const location = locationOf(result.checkId);
  return create(ResultSchema, {
    id: runIdOf(checkId, result.slotMs, location),
    checkId,
    location,
    scheduledAtMs: result.slotMs,
    startedAtMs: result.startedAtMs,
    finishedAtMs: check?.type === "heartbeat" ? result.startedAtMs : endOf(result),
    status: result.status,
    latencyMs: result.latencyMs,
    attempts: result.attempts,
    phases: phasesOf(result),
    ...(detail?.error && { error: detail.error }),
    observed: detail ? detail.observed : { ...(result.code !== 0 && { status: result.code }), bodyBytes: result.bodyBytes },
    assertions: detail ? (detail.assertions as MessageInitShape<typeof ResultSchema>["assertions"] & object) : passedAssertions(result, check),
    trigger: result.trigger,
    attemptDetails: (detail?.attempts ?? []) as MessageInitShape<typeof ResultSchema>["attemptDetails"] & object,
    lagMs: result.lagMs,
    probeLagMs: result.probeLagMs,
    lostSyns: result.lostSyns,
  });
}

/**
 * Latency is the last attempt's; a run with several attempts ends when its last one does. What the probe itself added is not in the
 * latency, and it passed all the same: an answer that came meanwhile came within the run.
 */
function endOf({ detail, startedAtMs, latencyMs, probeLagMs }: StoredResult): number {
  const last = detail?.attempts.at(-1);
  return (last ? Number(last["startedAtMs"]) + Number(last["latencyMs"]) : startedAtMs + latencyMs) + probeLagMs;
}

function phasesOf(result: StoredResult): Record<string, number> {
  const phases: Record<string, number> = {};
  for (const name of ["dnsMs", "connectMs", "tlsMs", "firstByteMs", "transferMs"] as const) {
    if (!Number.isNaN(result[name])) phases[name] = result[name];
  }
  return phases;
}

/** Of a result that was simply up only numbers are kept: every assertion held, and some of their values are among the numbers. */
function passedAssertions(result: StoredResult, check: Check | undefined): MessageInitShape<typeof ResultSchema>["assertions"] & object {
  const actual: Record<string, number> = { status: result.code, grpc_status: result.code, latency: result.latencyMs, body_bytes: result.bodyBytes };
  return (check?.assertions ?? []).map(({ source, op, path, valueJson, severity }) => ({
    source,
    op,
    path,
    severity,
    expectedJson: valueJson,
    actualJson: source in actual ? JSON.stringify(actual[source]) : "",
    ok: true,
  }));
}
