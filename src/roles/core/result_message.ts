/** Results as messages: from a run to what is stored, and from what is stored to what others read. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { ResultSchema, type Result } from "#contracts/uptimeping/core/v1/core_pb";
import { runIdOf } from "#kernel/ids";
import type { ResultDetail, StoredResult, Trigger } from "#ports/results";
import { errorHash } from "./error_hash.ts";
import type { FinishedRun } from "./probe_pool.ts";

export interface Slot {
  tenantId: string;
  checkId: string;
  slotMs: number;
  trigger: Trigger;
}

/** `before` is the error of the result before: the same error again is stored without its excerpt and headers. */
export function storedResultOf(run: FinishedRun, slot: Slot, before: ResultDetail | undefined): StoredResult {
  return {
    ...slot,
    sequence: 0,
    checkNo: 0,
    startedAtMs: run.startedAtMs,
    status: run.status,
    latencyMs: toMicros(run.latencyMs),
    dnsMs: toMicros(run.dnsMs),
    connectMs: toMicros(run.connectMs),
    tlsMs: toMicros(run.tlsMs),
    firstByteMs: toMicros(run.firstByteMs),
    transferMs: toMicros(run.transferMs),
    lagMs: Math.max(0, toMicros(run.startedAtMs - slot.slotMs)),
    code: run.code,
    bodyBytes: run.bodyBytes,
    attempts: run.attempts,
    detail: run.status === "up" ? undefined : detailOf(run, slot.checkId, before),
  };
}

/** Whole microseconds, as they are stored: a result reads the same before and after. */
function toMicros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Everything that is known of a run, for the one who looks at it now. */
export function detailOf(run: FinishedRun, checkId: string, before?: ResultDetail): ResultDetail {
  const error = run.error && { ...run.error, hash: errorHash(checkId, run.error.kind, run.error.message) };
  const same = before?.error !== undefined && before.error.hash === error?.hash;
  const { excerpt: _excerpt, headers: _headers, certificate: _certificate, ...brief } = run.detail?.observed ?? {};
  return {
    error,
    observed: same ? brief : (run.detail?.observed ?? {}),
    assertions: (run.detail?.assertions ?? []).map((outcome) => ({ ...outcome })),
    attempts: (run.detail?.attemptDetails ?? []).map(({ error: reason, ...attempt }) => ({ ...attempt, ...(reason && { error: { ...reason } }) })),
  };
}

export function messageOfResult(result: StoredResult, location: string, check?: Check, runId = runIdOf(result.checkId, result.slotMs, location)): Result {
  const { detail } = result;
  return create(ResultSchema, {
    id: runId,
    checkId: result.checkId,
    location,
    scheduledAtMs: result.slotMs,
    startedAtMs: result.startedAtMs,
    finishedAtMs: endOf(result),
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
  });
}

/** Latency is the last attempt's; a run with several attempts ends when its last one does. */
function endOf(result: StoredResult): number {
  const last = result.detail?.attempts.at(-1);
  return last ? Number(last["startedAtMs"]) + Number(last["latencyMs"]) : result.startedAtMs + result.latencyMs;
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
