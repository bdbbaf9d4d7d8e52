/** What a list of thousands shows of each check, in few bytes: no defaults, no digits that a small drawing cannot show. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckStatus } from "#contracts/uptimeping/core/v1/core_pb";
import { locationsOf } from "#ports/series";
import { z } from "zod";
import { isoOrNull, jsonObject, timeOrNull } from "./shared.ts";

const steps = 35;

export const overviewShape = z
  .strictObject({
    id: z.string(),
    version: z.number(),
    name: z.string(),
    type: z.string(),
    enabled: z.boolean(),
    target: jsonObject.meta({ description: "only what names the target: url, address, host and port, …" }),
    tags: z.record(z.string(), z.string()),
    locations: z.array(z.string()).optional().meta({ description: "absent when it runs only at the home location" }),
    channels: z.array(z.string()).optional().meta({ description: "absent when every enabled channel is told" }),
    state: z.string().meta({ description: "as of a check's status; pending while core does not know it yet" }),
    since: timeOrNull,
    strip: z.string().meta({ description: "recent results, oldest first: u up, g degraded, d down, n unknown, m missed" }),
    latencies: z.string().meta({ description: `of the strip, in 36 steps from 0 to slowestMs: each a digit of base ${steps + 1}, "-" where nothing was measured` }),
    slowestMs: z.number(),
    lastAt: timeOrNull.meta({ description: "for when the newest result was due" }),
    lastMs: z.number().nullable().meta({ description: "its latency" }),
    location: z.string().optional().meta({ description: "where it comes from; absent for the home location" }),
    error: z.string().optional().meta({ description: "what it says when it is not up, as far as it is known without asking the store" }),
    uptime24h: z.number().nullable(),
    flapping: z.boolean().optional(),
  })
  .meta({ id: "CheckOverview" });

const home = "default";
const namesTarget = ["url", "address", "host", "port", "name", "recordType", "server", "period", "cron"];
const longestError = 200;

export function overviewView(check: Check, status: CheckStatus | undefined, isFlapping: boolean) {
  const { id, version, name, type, enabled, tags, channels } = check;
  const locations = locationsOf(check);
  return {
    id,
    version,
    name,
    type,
    enabled,
    target: shortTarget(check.target ?? {}),
    tags,
    ...((locations.length > 1 || locations[0] !== home) && { locations: [...locations] }),
    ...(channels.length > 0 && { channels }),
    ...recentView(status, enabled),
    ...(isFlapping && { flapping: true }),
  };
}

function recentView(status: CheckStatus | undefined, enabled: boolean) {
  const last = status?.lastResult;
  const slowestMs = Math.max(0, ...(status?.stripLatencyMs ?? []).filter(Number.isFinite));
  return {
    state: enabled ? (status?.state ?? "pending") : "paused",
    since: isoOrNull(status?.sinceMs ?? 0),
    strip: status?.strip ?? "",
    latencies: (status?.stripLatencyMs ?? []).map((ms) => digitOf(ms, slowestMs)).join(""),
    slowestMs: rounded(slowestMs),
    lastAt: isoOrNull(last?.scheduledAtMs ?? 0),
    lastMs: last && Number.isFinite(last.latencyMs) ? rounded(last.latencyMs) : null,
    ...(last && last.location !== home && { location: last.location }),
    ...(last?.error && { error: last.error.message.slice(0, longestError) }),
    uptime24h: status?.uptime24h === undefined ? null : Math.floor(status.uptime24h * 1e6) / 1e6,
  };
}

function digitOf(latencyMs: number, slowestMs: number): string {
  return Number.isFinite(latencyMs) ? Math.round((latencyMs / (slowestMs || 1)) * steps).toString(steps + 1) : "-";
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function shortTarget(target: JsonObject): JsonObject {
  return Object.fromEntries(namesTarget.flatMap((name) => (target[name] === undefined ? [] : [[name, target[name]]])));
}
