/** Answers about the past and the present of checks, from what core, config and incident know. Keeps nothing itself. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Overlay } from "#contracts/uptimeping/incident/v1/incident_pb";
import type { LatencySchema, ListUptimesResponseSchema, UptimeSchema } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import type { Call } from "#kernel/call";
import { expositionOf, type ExpositionSources } from "./exposition.ts";
import { latencyFor, type LatencyAsked } from "./latency_range.ts";
import { correctionsOf, createMoveCounter, movesOf } from "./overlay.ts";
import { type Columns, columnsOfRollups, columnsOfRuns, uptimeBarsOf, uptimeOf } from "./uptime.ts";
import { bucketsOf, type Range, rangeOf, tierMs, type Tier, type Window } from "./window.ts";

export interface Metrics {
  /** At one location, or, when it is "", at all that the check names together. */
  uptime(asked: { checkId: string; window: Window; location: string }, call: Call): Promise<MessageInitShape<typeof UptimeSchema>>;
  /** A page of checks; all of the call's tenant when none is named. */
  uptimes(asked: { checkIds: string[]; window: Window; limit: number; cursor: string }, call: Call): Promise<MessageInitShape<typeof ListUptimesResponseSchema>>;
  latency(asked: LatencyAsked, call: Call): Promise<MessageInitShape<typeof LatencySchema>>;
  /** Of one tenant, or of the whole platform. */
  exposition(tenantId: string | undefined): Promise<string>;
}

/** Counted runs over which an overlay is laid. */
interface Laid {
  columns: Map<string, Columns>;
  range: Range;
  location: string;
}

/** Core takes as many intervals in one question. */
const movesAtOnce = 2_000;

/** However often somebody scrapes, the text of the platform is made once in this time. */
const expositionKeptMs = 5_000;

export function createMetrics(sources: ExpositionSources): Metrics {
  const { core, incident, clock } = sources;
  const kept = new Map<string, { atMs: number; text: Promise<string> }>();

  const rollups = ({ checkId, window, location }: { checkId: string; window: Window; location: string }, tier: Tier, call: Call) => {
    const { fromMs, toMs } = rangeOf(window, tierMs[tier], clock.now());
    return core.getRollups({ checkId, fromMs, toMs: toMs + 1, tier, points: 0, location }, call);
  };

  const counter = createMoveCounter();
  const overlayOf = ({ fromMs, toMs }: Range, call: Call) => incident.getOverlay({ fromMs, toMs: toMs + 1 }, call);

  /** Moves what lies in maintenance and in corrected times; core is only asked when there is something to move. */
  const lay = async (overlay: Overlay, { columns, range, location }: Laid, call: Call) => {
    // What lay in an interval is remembered of all locations together; of one it is asked for anew.
    const { apply } = location === "" ? counter : createMoveCounter();
    const ran = [...columns].filter(([, { up }]) => up.length > 0).map(([checkId]) => checkId);
    const moves = movesOf(overlay, ran, range);
    for (let at = 0; at < moves.length; at += movesAtOnce) {
      await apply(columns, moves.slice(at, at + movesAtOnce), async (intervals) => (await core.countIntervals({ intervals, location }, call)).items);
    }
  };

  return {
    async uptime({ checkId, window, location }, call) {
      const tier = uptimeTier(window);
      const range = rangeOf(window, tierMs[tier], clock.now());
      const [{ items }, overlay] = await Promise.all([rollups({ checkId, window, location }, tier, call), overlayOf(range, call)]);
      const columns = columnsOfRollups(items, range);
      await lay(overlay, { columns: new Map([[checkId, columns]]), range, location }, call);
      return uptimeOf({ checkId, window, range, columns, corrections: correctionsOf(overlay).get(checkId) ?? 0 });
    },
    async uptimes({ checkIds, window, limit, cursor }, call) {
      const tier = uptimeTier(window);
      const range = rangeOf(window, tierMs[tier], clock.now());
      const asked = { checkIds, tier, fromMs: range.fromMs, toMs: range.toMs + 1, limit, cursor };
      const [{ items, nextCursor }, overlay] = await Promise.all([core.countRuns(asked, call), overlayOf(range, call)]);
      const columns = new Map(items.map((counts) => [counts.checkId, columnsOfRuns(counts)]));
      await lay(overlay, { columns, range, location: "" }, call);
      const corrections = correctionsOf(overlay);
      const bars = [...columns].map(([checkId, of]) => uptimeBarsOf({ checkId, window, range, columns: of, corrections: corrections.get(checkId) ?? 0 }));
      return { items: bars, fromMs: bucketsOf(range), nextCursor };
    },
    latency: (asked, call) => latencyFor({ core, nowMs: clock.now() }, asked, call),
    exposition(tenantId) {
      const key = tenantId ?? "";
      const known = kept.get(key);
      if (known && clock.monotonic() - known.atMs < expositionKeptMs) return known.text;
      const text = expositionOf(sources, tenantId);
      kept.set(key, { atMs: clock.monotonic(), text });
      // A failure is not kept.
      text.catch(() => kept.delete(key));
      return text;
    },
  };
}

function uptimeTier(window: Window): "hour" | "day" {
  return window === "24h" ? "hour" : "day";
}
