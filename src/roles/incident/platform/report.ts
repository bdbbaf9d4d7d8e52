/**
 * A condition of the monitor itself, judged like a check: each report is a run of one that nobody made. So it has the thresholds, the
 * reopening and the flapping of checks, and people acknowledge and resolve it as they do everything else.
 */
import { create } from "@bufbuild/protobuf";
import type { CheckResult } from "#contracts/uptimeping/events/v1/events_pb";
import { CheckResultSchema } from "#contracts/uptimeping/events/v1/events_pb";
import { homeLocation } from "#ports/queue";
import { isActive } from "../decide.ts";
import { locationIn } from "../locations.ts";
import type { Entry } from "../memory.ts";

export interface PlatformReport {
  key: string;
  title: string;
  failing: boolean;
  message: string;
  severity: string;
  /** 0 when that is not known. */
  sinceMs: number;
}

/** Reports come every 15 s. What counts for itself before it is told opens at the first of them. */
const opensAfter: Partial<Record<string, number>> = { late: 3, stalled: 2 };
/** A minute without it ends it. */
const recoversAfter = 4;

export function platformCheckId(key: string): string {
  return `platform:${key}`;
}

/** `entry` is what is known of the condition. */
export function runOfReport(report: PlatformReport, entry: Entry, nowMs: number): CheckResult {
  const { key, title, failing, message, severity, sinceMs } = report;
  const { tenantId, checkId } = entry.state;
  const { lastSequence, failures } = locationIn(entry.state, homeLocation);
  const begins = failing && failures === 0 && !isActive(entry.incident);
  const startedAtMs = begins && sinceMs > 0 ? Math.min(sinceMs, nowMs) : nowMs;
  const status = !failing ? "up" : severity === "warning" ? "degraded" : "down";
  // After a clock was set back as well, each is after the one before.
  const sequence = Math.max(nowMs, lastSequence + 1);
  return create(CheckResultSchema, {
    sequence,
    status,
    location: homeLocation,
    startedAtMs,
    check: { id: checkId, tenantId, name: `UptimePing itself: ${title}`, type: "platform", failureThreshold: opensAfter[key] ?? 1, recoveryThreshold: recoversAfter },
    result: {
      id: `run_${key}_${sequence}`,
      checkId,
      location: homeLocation,
      scheduledAtMs: startedAtMs,
      startedAtMs,
      finishedAtMs: nowMs,
      status,
      attempts: 1,
      trigger: "schedule",
      ...(failing && { error: { kind: key, message, hash: `platform:${key}` } }),
    },
  });
}
