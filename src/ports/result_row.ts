/** A result as whole numbers, as stores keep it: times in milliseconds, durations in microseconds. */
import { resultStatuses, type ResultDetail, type StoredResult } from "./results.ts";

export interface Row {
  sequence: number;
  slot: number;
  lag: number;
  flags: number;
  latency: number;
  dns: number;
  connect: number;
  tls: number;
  firstByte: number;
  transfer: number;
  code: number;
  bodyBytes: number;
  attempts: number;
  probeLag: number;
}

export type LoggedRow = Row & { checkNo: number };

/** What is counted of a row. */
export type CountedRow = Pick<Row, "sequence" | "slot" | "flags" | "latency">;

/** Stands for "did not happen" where a duration would be. */
export const absent = -1;

/** `flags`: two bits of status, one of trigger, two of lost SYNs (3 and more). */
export const statusBits = 3;
export const manualFlag = 4;
const synShift = 3;
const mostSyns = 3;
const most = 2 ** 31 - 1;

export function flagsOf(status: number, isManual: boolean, lostSyns: number): number {
  return status | (isManual ? manualFlag : 0) | (Math.min(lostSyns, mostSyns) << synShift);
}

export function synsOf(flags: number): number {
  return (flags >> synShift) & mostSyns;
}

export function rowOf(result: StoredResult): LoggedRow {
  return {
    checkNo: result.checkNo,
    sequence: result.sequence,
    slot: result.slotMs,
    lag: Math.max(0, micros(result.lagMs)),
    flags: flagsOf(resultStatuses.indexOf(result.status), result.trigger === "manual", result.lostSyns),
    latency: Math.max(0, micros(result.latencyMs)),
    dns: micros(result.dnsMs),
    connect: micros(result.connectMs),
    tls: micros(result.tlsMs),
    firstByte: micros(result.firstByteMs),
    transfer: micros(result.transferMs),
    code: whole(result.code),
    bodyBytes: whole(result.bodyBytes),
    attempts: whole(result.attempts),
    probeLag: Math.max(0, micros(result.probeLagMs)),
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
    status: resultStatuses[row.flags & statusBits]!,
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
    probeLagMs: row.probeLag / 1000,
    lostSyns: synsOf(row.flags),
    detail,
  };
}

/** What is not a whole number would be carried over into the rows after it, which are stored as differences. */
function whole(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(-most, Math.min(most, Math.trunc(value)));
}

// A 32-bit column holds 35 minutes; no probe lasts that long, and a lag beyond it says nothing more.
function micros(ms: number): number {
  return Number.isNaN(ms) ? absent : Math.min(most, Math.round(ms * 1000));
}

function millis(us: number): number {
  return us === absent ? Number.NaN : us / 1000;
}
