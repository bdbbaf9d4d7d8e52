/** The state of a check as a person sees it, from memory: asked for by every row of every dashboard. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckStatusSchema, LocationStatusSchema, ResultSchema, StateSummarySchema } from "#contracts/uptimeping/core/v1/core_pb";
import type { ResultStatus, StoredResult } from "#ports/results";
import { locationOf } from "#ports/series";
import type { CheckState } from "./check_state.ts";
import { detailOfJson, messageOfResult } from "./result_message.ts";
import { addedUp } from "./rollup_steps.ts";
import { seriesAsked } from "./series_states.ts";
import type { Core, KnownCheck } from "./service.ts";
import { Strip, stripLength, type StripEntry } from "./strip.ts";

export interface Statuses {
  /** Of a tenant, or of all; the states of the named ones in detail. */
  summary(tenantId: string | undefined, named: ReadonlySet<string>): MessageInitShape<typeof StateSummarySchema>;
  /** As lists show it. */
  listed(one: KnownCheck): Promise<MessageInitShape<typeof CheckStatusSchema>>;
  /** The same without asking the store for the last result: of that there is what memory holds. */
  brief(one: KnownCheck): Promise<MessageInitShape<typeof CheckStatusSchema>>;
  /** Asks the store once for the uptimes of them all, which would else be a question for each. */
  countUptimes(many: readonly KnownCheck[]): Promise<void>;
  /** With how it is at each of its locations. */
  whole(one: KnownCheck): Promise<MessageInitShape<typeof CheckStatusSchema>>;
}

function shownState(check: Check, { status }: Pick<CheckState, "status">): string {
  return check.enabled ? status : "paused";
}

/** The failure is known as long as this process has seen it, which after a restart may not be so. */
function atHand(check: Check, { checkId, lastFailure }: CheckState, { slotMs, status, latencyMs }: StripEntry): MessageInitShape<typeof ResultSchema> {
  const error = status === "up" ? undefined : lastFailure?.error;
  return { checkId: check.id, location: locationOf(checkId), scheduledAtMs: slotMs, status, latencyMs, ...(error && { error }) };
}

function ratioOf(good: number, bad: number): number | undefined {
  return good + bad > 0 ? good / (good + bad) : undefined;
}

function added(buckets: readonly (readonly number[])[]): number {
  return buckets.reduce((sum, bucket) => bucket.reduce((part, count) => part + count, sum), 0);
}

const letters: Record<ResultStatus, string> = { up: "u", degraded: "g", down: "d", unknown: "n" };
const dayMs = 86_400_000;
const uptimeKeptMs = 30_000;

export function createStatuses(core: Core): Statuses {
  /** After a restart the strip holds only what was not sealed yet; the rest is read once, when somebody looks. */
  const completeStrip = async (state: CheckState): Promise<void> => {
    if (state.stripIsWhole) return;
    state.stripIsWhole = true;
    const newer = state.strip.entries();
    const beforeMs = newer[0]?.slotMs ?? Number.MAX_SAFE_INTEGER;
    const older = await core.results.history({
      tenantId: state.tenantId,
      checkId: state.checkId,
      limit: stripLength - newer.length,
      beforeMs,
      fromMs: 0,
      status: undefined,
    });
    if (older.length === 0) return;
    const all = [...older.reverse(), ...newer];
    state.strip = new Strip();
    for (const entry of all) state.strip.push(entry);
    state.status = all.at(-1)!.status;
    const before = all.findLastIndex((entry) => entry.status !== state.status);
    state.sinceMs = all[before + 1]!.slotMs;
  };

  const uptimeOf = async (check: Check, state: CheckState): Promise<number | undefined> => {
    const now = core.now();
    if (state.uptime && now - state.uptime.atMs < uptimeKeptMs) return state.uptime.ratio;
    const hours = await addedUp(seriesAsked(check, "").map((series) => core.results.rollups(check.tenantId, series, "hour", now - dayMs, now + 1)));
    const good = hours.reduce((sum, hour) => sum + hour.up + hour.degraded, 0);
    const bad = hours.reduce((sum, hour) => sum + hour.down, 0);
    state.uptime = { ratio: ratioOf(good, bad), atMs: now };
    return state.uptime.ratio;
  };

  const countUptimes = async (many: readonly KnownCheck[]): Promise<void> => {
    const now = core.now();
    const stale = many.filter(({ state }) => !state.uptime || now - state.uptime.atMs >= uptimeKeptMs);
    const [first] = stale;
    if (first === undefined) return;
    const checkIds = stale.flatMap(({ check }) => seriesAsked(check, ""));
    const counts = await core.results.runCounts({ tenantId: first.check.tenantId, checkIds, tier: "hour", fromMs: now - dayMs, toMs: now + 1 });
    const ofSeries = new Map(counts.map((one) => [one.checkId, one]));
    for (const { check, state } of stale) {
      const found = seriesAsked(check, "").flatMap((series) => ofSeries.get(series) ?? []);
      state.uptime = { ratio: ratioOf(added(found.flatMap(({ up, degraded }) => [up, degraded])), added(found.map(({ down }) => down))), atMs: now };
    }
  };

  const newestOf = async (state: CheckState): Promise<StoredResult | undefined> => {
    const { tenantId, checkId, lastDetail } = state;
    const [newest] = await core.results.history({ tenantId, checkId, limit: 1, beforeMs: Number.MAX_SAFE_INTEGER, fromMs: 0, status: undefined });
    return newest && lastDetail && newest.status === "up" ? { ...newest, detail: typeof lastDetail === "string" ? detailOfJson(lastDetail) : lastDetail } : newest;
  };

  const brief = async ({ check, state }: KnownCheck) => {
    for (const each of check.locations.length > 1 ? core.statesOf(check) : [state]) await completeStrip(each);
    const uptime24h = await uptimeOf(check, state);
    const strip = state.strip.entries();
    const last = strip.at(-1);
    const now = core.overall(check);
    return {
      checkId: check.id,
      state: shownState(check, now),
      sinceMs: now.sinceMs,
      ...(last && { lastResult: atHand(check, state, last) }),
      strip: strip.map((entry) => letters[entry.status]).join(""),
      stripLatencyMs: strip.map((entry) => entry.latencyMs),
      ...(uptime24h !== undefined && { uptime24h }),
    };
  };

  const listed = async (one: KnownCheck) => {
    const status = await brief(one);
    const last = await newestOf(one.state);
    return { ...status, ...(last && { lastResult: messageOfResult(last, one.check) }) };
  };

  const perLocation = async (check: Check) => {
    const items: MessageInitShape<typeof LocationStatusSchema>[] = [];
    for (const state of core.statesOf(check)) {
      await completeStrip(state);
      const last = await newestOf(state);
      items.push({ location: locationOf(state.checkId), state: shownState(check, state), sinceMs: state.sinceMs, ...(last && { lastResult: messageOfResult(last, check) }) });
    }
    return items;
  };

  return {
    summary(tenantId, named) {
      const counts: Record<string, number> = {};
      const items: { checkId: string; state: string; latencyMs?: number }[] = [];
      for (const { check, state } of core.checksOf(tenantId)) {
        const shown = shownState(check, core.overall(check));
        counts[shown] = (counts[shown] ?? 0) + 1;
        if (named.has(check.id)) items.push({ checkId: check.id, state: shown, ...(state.strip.length > 0 && { latencyMs: state.strip.newestLatencyMs }) });
      }
      return { counts, items };
    },
    listed,
    brief,
    countUptimes,
    whole: async (one) => ({ ...(await listed(one)), locations: await perLocation(one.check) }),
  };
}
