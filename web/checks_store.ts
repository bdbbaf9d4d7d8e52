/** All checks as lists show them, kept while one goes from page to page: who comes back sees them at once. */
import { get, session } from "./api.ts";
import { listen } from "./events.ts";
import { followStatuses, stripLength, storeStatuses } from "./statuses.ts";
import { cell } from "./store.ts";
import type { Check, CheckStatus, JsonObject, List, ResultStatus, State } from "./types.ts";

/** What a list needs to know of a check. */
export interface ListedCheck extends Pick<Check, "id" | "version" | "name" | "type" | "enabled" | "tags" | "locations"> {
  target: JsonObject;
  /** Empty: every enabled channel is told. */
  channels: readonly string[];
}

/** As the server writes it, in few bytes. */
export interface CheckOverview extends Omit<ListedCheck, "locations" | "channels"> {
  locations?: string[];
  channels?: string[];
  state: State;
  since: string | null;
  strip: string;
  /** A digit of base 36 for each of the strip, "-" where nothing was measured; the slowest is 35. */
  latencies: string;
  slowestMs: number;
  lastAt: string | null;
  lastMs: number | null;
  location?: string;
  error?: string;
  uptime24h: number | null;
  flapping?: boolean;
}

/** Undefined until they were read. */
export const checks = cell<readonly ListedCheck[] | undefined>(undefined);

let readBy = "";
const home = "default";
const highestDigit = 35;
const askAgainMs = 1_000;
const results: Record<string, ResultStatus> = { u: "up", g: "degraded", d: "down", n: "unknown" };

export async function loadChecks(signal?: AbortSignal): Promise<void> {
  const { items } = await get<List<CheckOverview>>("/overview", signal);
  storeStatuses(items.map((one) => [one.id, statusOfOverview(one)] as const));
  checks.set(items.map(checkOfOverview));
}

export function changeChecks(change: (check: ListedCheck) => ListedCheck): void {
  checks.set(checks.get()?.map(change));
}

export function forgetChecks(ids: ReadonlySet<string>): void {
  checks.set(checks.get()?.filter(({ id }) => !ids.has(id)));
}

/** Live until the returned function is called. What somebody else has read is not shown to who signs in next. */
export function followChecks(): () => void {
  const reader = `${session.get()?.tenant.id} ${session.get()?.user.id}`;
  if (reader !== readBy) checks.set(undefined);
  readBy = reader;
  let asking: ReturnType<typeof setTimeout> | undefined;
  const askSoon = () => {
    asking ??= setTimeout(() => {
      asking = undefined;
      void loadChecks().catch(() => undefined);
    }, askAgainMs);
  };
  const followList = (id: string, state?: State) => {
    const known = checks.get();
    if (!known) return;
    const check = known.find((one) => one.id === id);
    // Made, or paused, by somebody else.
    if (!check || (state !== undefined && check.enabled === (state === "paused"))) askSoon();
  };
  const stops = [
    followStatuses(),
    listen("resumed", askSoon),
    listen("check.status", ({ checkId, state }) => followList(checkId, state)),
    () => clearTimeout(asking),
  ];
  return () => stops.forEach((stop) => stop());
}

function checkOfOverview({ id, version, name, type, enabled, target, tags, locations = [home], channels = [] }: CheckOverview): ListedCheck {
  return { id, version, name, type, enabled, target, tags, locations, channels };
}

export function statusOfOverview(one: CheckOverview): CheckStatus {
  const { id, state, since, latencies, slowestMs, lastAt, lastMs, location = home, error, uptime24h, flapping } = one;
  const strip = one.strip.slice(-stripLength);
  const status = results[strip.at(-1) ?? ""] ?? "unknown";
  const lastResult = lastAt === null ? null : { id: "", location, startedAt: lastAt, finishedAt: lastAt, status, latencyMs: lastMs ?? 0, error: error === undefined ? null : { kind: "", message: error } };
  const stripLatencyMs = latencies.split("").map((digit) => (digit === "-" ? null : (Number.parseInt(digit, highestDigit + 1) / highestDigit) * slowestMs));
  return { checkId: id, state, since, lastResult, strip, stripLatencyMs, uptime24h, ...(flapping && { flapping }) };
}
