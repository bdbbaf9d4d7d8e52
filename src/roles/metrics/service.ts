/** Answers about the past and the present of checks, from what core, config and incident know. Keeps nothing itself. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { LatencySchema, UptimeSchema } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import type { Call } from "#kernel/call";
import { expositionOf, type ExpositionSources } from "./exposition.ts";
import { latencyOf } from "./latency.ts";
import { uptimeOf } from "./uptime.ts";
import { rangeOf, stepFor, tierMs, type Tier, type Window } from "./window.ts";

export interface Metrics {
  uptime(checkId: string, window: Window, call: Call): Promise<MessageInitShape<typeof UptimeSchema>>;
  latency(asked: { checkId: string; window: Window; points: number }, call: Call): Promise<MessageInitShape<typeof LatencySchema>>;
  /** Of one tenant, or of the whole platform. */
  exposition(tenantId: string | undefined): Promise<string>;
}

/** However often somebody scrapes, the text of the platform is made once in this time. */
const expositionKeptMs = 5_000;

export function createMetrics(sources: ExpositionSources): Metrics {
  const { core, clock } = sources;
  const kept = new Map<string, { atMs: number; text: Promise<string> }>();

  const rollups = async (checkId: string, tier: Tier, { window, stepMs, call }: { window: Window; stepMs: number; call: Call }) => {
    const { fromMs, toMs } = rangeOf(window, stepMs, clock.now());
    return (await core.getRollups({ checkId, fromMs, toMs: toMs + 1, tier }, call)).items;
  };

  return {
    async uptime(checkId, window, call) {
      const tier = window === "24h" ? "hour" : "day";
      const stepMs = tierMs[tier];
      const items = await rollups(checkId, tier, { window, stepMs, call });
      return { checkId, window, ...uptimeOf(items, rangeOf(window, stepMs, clock.now())) };
    },
    async latency({ checkId, window, points }, call) {
      for (const tier of latencyTiers[window]) {
        const items = await rollups(checkId, tier, { window, stepMs: tierMs[tier], call });
        // A check that is younger than the window gets its points where it has something to show.
        const firstMs = Math.min(...items.map((item) => item.bucketMs));
        if (items.length > 0) return { checkId, window, ...latencyOf(items, stepFor({ firstMs, lastMs: clock.now(), tier, points })) };
      }
      return { checkId, window, points: [] };
    },
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

/** The finest tier first. Minutes are not kept as long as hours, so a day of them may be gone. */
const latencyTiers: Record<Window, Tier[]> = { "24h": ["minute", "hour"], "7d": ["hour"], "30d": ["hour"], "90d": ["day"], "365d": ["day"] };
