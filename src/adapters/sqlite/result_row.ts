/** Between a result and its row of whole numbers. */
import { resultStatuses, type ResultDetail, type StoredResult } from "#ports/results";
import { absent, type Row } from "./result_block.ts";

const manualFlag = 4;

export function rowOf(result: StoredResult): Row {
  return {
    sequence: result.sequence,
    slot: result.slotMs,
    lag: Math.max(0, micros(result.lagMs)),
    flags: resultStatuses.indexOf(result.status) | (result.trigger === "manual" ? manualFlag : 0),
    latency: Math.max(0, micros(result.latencyMs)),
    dns: micros(result.dnsMs),
    connect: micros(result.connectMs),
    tls: micros(result.tlsMs),
    firstByte: micros(result.firstByteMs),
    transfer: micros(result.transferMs),
    code: result.code,
    bodyBytes: result.bodyBytes,
    attempts: result.attempts,
  };
}

export function resultOf(row: Row, check: { no: number; id: string; tenantId: string }, detail: ResultDetail | undefined): StoredResult {
  const lagMs = row.lag / 1000;
  return {
    sequence: row.sequence,
    tenantId: check.tenantId,
    checkId: check.id,
    checkNo: check.no,
    slotMs: row.slot,
    startedAtMs: row.slot + lagMs,
    status: resultStatuses[row.flags & 3]!,
    trigger: (row.flags & manualFlag) === 0 ? "schedule" : "manual",
    latencyMs: row.latency / 1000,
    dnsMs: millis(row.dns),
    connectMs: millis(row.connect),
    tlsMs: millis(row.tls),
    firstByteMs: millis(row.firstByte),
    transferMs: millis(row.transfer),
    lagMs,
    code: row.code,
    bodyBytes: row.bodyBytes,
    attempts: row.attempts,
    detail,
  };
}

// A 32-bit column holds 35 minutes; no probe lasts that long, and a lag beyond it says nothing more.
function micros(ms: number): number {
  return Number.isNaN(ms) ? absent : Math.min(2 ** 31 - 1, Math.round(ms * 1000));
}

function millis(us: number): number {
  return us === absent ? Number.NaN : us / 1000;
}
