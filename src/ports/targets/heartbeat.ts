/** Target of a `heartbeat` check: a job that reports, instead of a service that is asked. */
import { z } from "zod";
import { parseDuration } from "#kernel/settings";
import { duration, notEmpty, text } from "./fields.ts";

const second = 1_000;
const day = 86_400_000;

export const heartbeat = z
  .strictObject({
    /** A success is expected at least this often. */
    period: duration(second, 366 * day).optional(),
    /** Or: a success is expected at each of these times. */
    cron: text(200).min(1, notEmpty).optional(),
    timezone: text(100).min(1, notEmpty).optional(),
    /** How late it may be; "5m" when not said. */
    grace: duration(second, 31 * day).optional(),
    /** A job that has said "start" must end within this time; the grace when not said. */
    maxRun: duration(second, 31 * day).optional(),
  })
  .superRefine((value, context) => {
    if ((value.period === undefined) === (value.cron === undefined)) context.addIssue({ code: "custom", path: ["period"], message: "either period or cron is needed, not both" });
    if (value.timezone && !value.cron) context.addIssue({ code: "custom", path: ["timezone"], message: "goes with cron" });
  });

const longestEveryMs = 60_000;
const defaultGrace = "5m";

export interface HeartbeatTarget {
  /** 0 when `cron` says when. */
  periodMs: number;
  /** "" when the period says when. */
  cron: string;
  timezone: string;
  graceMs: number;
  maxRunMs: number;
}

/** A target with its defaults, as it is judged. */
export function readHeartbeat(target: Record<string, unknown>): HeartbeatTarget {
  const { period, cron = "", timezone = "UTC", grace = defaultGrace, maxRun = grace } = target as Partial<Record<string, string>>;
  const ms = (value: string | undefined) => (value === undefined ? 0 : (parseDuration(value) ?? 0));
  return { periodMs: ms(period), cron, timezone, graceMs: ms(grace), maxRunMs: ms(maxRun) };
}

/**
 * How often a heartbeat is looked at unless its schedule says otherwise: a quarter of the shortest time that its target names, from
 * 1 s to 60 s. What is late is seen that much later at the latest.
 */
export function heartbeatEveryMs(target: Record<string, unknown>): number {
  const named = [target["period"], target["grace"], target["maxRun"]].flatMap((value) => (typeof value === "string" ? (parseDuration(value) ?? []) : []));
  const quarterMs = Math.min(longestEveryMs, ...named.map((ms) => ms / 4));
  return Math.max(second, Math.floor(quarterMs / second) * second);
}
