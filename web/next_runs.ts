/** When a schedule comes next, counted as the scheduler counts. */
import type { ScheduleDraft } from "./check_draft.ts";
import { durationMs } from "./duration.ts";

const shortestMs = 1_000;

/** Of an interval the distance is certain and its place in the minute is not: that follows from the id of the check. */
export function nextOfInterval(every: string, nowMs: number, knownNextMs: number | undefined, many: number): number[] {
  const ms = /^\d+ms$/.test(every.trim()) ? Number.parseInt(every, 10) : durationMs(every);
  if (ms === undefined || ms < shortestMs) return [];
  const first = knownNextMs === undefined || knownNextMs < nowMs ? nowMs + ms : knownNextMs;
  return Array.from({ length: many }, (_, index) => first + index * ms);
}

export function runsADay(every: string): number | undefined {
  const ms = durationMs(every);
  return ms === undefined || ms < shortestMs ? undefined : Math.round(86_400_000 / ms);
}

/** Undefined while it is no expression yet; [] when it never comes. The reader of expressions is fetched by who writes one. */
export async function nextOfCron({ cron, timezone }: Pick<ScheduleDraft, "cron" | "timezone">, nowMs: number, many: number): Promise<number[] | undefined> {
  if (cron.length > 200 || !/^(@\w+|\S+(\s+\S+){4,5})$/.test(cron.trim())) return undefined;
  const { Cron } = await import("croner");
  try {
    return new Cron(cron.trim(), { timezone: timezone.trim() || "UTC", paused: true }).nextRuns(many, new Date(nowMs)).map((date) => date.getTime());
  } catch {
    return undefined;
  }
}
