/** What a trace tells of a run: what was asked and how it ended; no target, since that may hold credentials, and no message of an error. */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Attributes, Span, Tracing } from "#kernel/tracing";
import type { FinishedRun } from "./finished_run.ts";

const phases = ["dnsMs", "connectMs", "tlsMs", "firstByteMs", "transferMs"] as const;

/** A run that has ended, as a span over the time it took. */
export function traceRun(tracing: Tracing, parent: string, check: Check, run: FinishedRun): void {
  const attributes: Attributes = {
    "uptimeping.check_id": check.id,
    "uptimeping.tenant_id": check.tenantId,
    "uptimeping.check_type": check.type,
    "uptimeping.status": run.status,
    "uptimeping.attempts": run.attempts,
    "uptimeping.latency_ms": run.latencyMs,
    ...(run.code !== 0 && { "uptimeping.code": run.code }),
    ...(run.error && { "error.type": run.error.kind }),
  };
  for (const phase of phases) if (!Number.isNaN(run[phase])) attributes[`uptimeping.phase.${phase}`] = run[phase];
  tracing.span(`probe ${check.type}`, parent, { kind: "client", atMs: run.startedAtMs, attributes }).end({ atMs: Math.max(run.startedAtMs, run.finishedAtMs) });
}

/** One for each run of a batch that is traced; none where nothing is. */
export function beginStoring(tracing: Tracing, batch: readonly { traceparent: string }[]): Span[] {
  if (!tracing.isOn) return nothing;
  const attributes = { "uptimeping.batch": batch.length };
  return batch.flatMap(({ traceparent }) => (traceparent === "" ? [] : [tracing.span("store result", traceparent, { attributes })]));
}

const nothing: Span[] = [];
