/** The latency of a window or of any two instants: always from rollups, of the finest tier that reaches back so far. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { CoreService, GetPhasesResponse, GetRollupsResponse } from "#contracts/uptimeping/core/v1/core_pb";
import { type LatencyPointSchema, type LatencySchema, PhaseMeansSchema } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import type { Call } from "#kernel/call";
import type { Client } from "#kernel/rpc/contract";
import { latencyOf } from "./latency.ts";
import { latencyRangeOf, type Tier, tierMs } from "./window.ts";

export interface LatencyAsked {
  checkId: string;
  window: string;
  points: number;
  location: string;
  /** In place of the window; 0 for none. */
  fromMs: number;
  toMs: number;
  phases: boolean;
}

type Core = Pick<Client<typeof CoreService>, "getRollups" | "getPhases">;
type Point = MessageInitShape<typeof LatencyPointSchema>;

/** Up to how long a range is drawn from which tiers, the finest first; beyond, from days. */
const tiersUpTo: [longestMs: number, tiers: Tier[]][] = [
  [2 * tierMs.day, ["minute", "hour"]],
  [45 * tierMs.day, ["hour"]],
];

/** Longer ranges have more results than are read, so that most of their steps would stay without. */
const longestWithPhasesMs = 2 * tierMs.day;

export async function latencyFor({ core, nowMs }: { core: Core; nowMs: number }, asked: LatencyAsked, call: Call): Promise<MessageInitShape<typeof LatencySchema>> {
  const { checkId, window, location } = asked;
  const range = latencyRangeOf(asked, nowMs);
  const { items, stepMs } = await rollupsOf(core, { ...asked, ...range }, call);
  const latency = { checkId, window: asked.fromMs === 0 ? window : "", ...range, stepMs, ...latencyOf(items, stepMs) };
  if (!asked.phases || items.length === 0 || range.toMs - range.fromMs > longestWithPhasesMs) return latency;
  const fromMs = Math.floor(range.fromMs / stepMs) * stepMs;
  const phases = await core.getPhases({ checkId, location, fromMs, toMs: range.toMs + 1, stepMs }, call);
  return { ...latency, points: withPhases(latency.points ?? [], phases, stepMs), ...(phases.items.length > 0 && { phasesFromMs: phases.fromMs }) };
}

async function rollupsOf(core: Core, { checkId, fromMs, toMs, points, location }: LatencyAsked, call: Call): Promise<GetRollupsResponse> {
  const [, tiers] = tiersUpTo.find(([longestMs]) => toMs - fromMs <= longestMs) ?? [0, ["day"] as Tier[]];
  let best: GetRollupsResponse | undefined;
  for (const tier of tiers) {
    const found = await core.getRollups({ checkId, location, tier, points, fromMs: Math.floor(fromMs / tierMs[tier]) * tierMs[tier], toMs: toMs + 1 }, call);
    if (best === undefined || reachesFurther(found, best, tierMs[tier])) best = found;
    // Finer tiers are not kept as long as coarser ones, so the beginning of the range may be gone from them, or all of it.
    if (best.items.length > 0 && best.items[0]!.bucketMs < fromMs + tierMs.hour) break;
  }
  return best!;
}

/** A young check begins late in every tier; its coarse buckets only seem to begin earlier, by less than one of them. */
function reachesFurther(coarse: GetRollupsResponse, fine: GetRollupsResponse, bucketMs: number): boolean {
  if (coarse.items.length === 0 || fine.items.length === 0) return coarse.items.length > 0;
  return coarse.items[0]!.bucketMs + bucketMs <= fine.items[0]!.bucketMs;
}

/** Means, so that they add up to something that can stand below the quantiles; a step that is not covered whole has none. */
function withPhases(points: Point[], { items, fromMs }: GetPhasesResponse, stepMs: number): Point[] {
  const sums = new Map(items.filter(({ atMs }) => atMs >= fromMs || fromMs - atMs < stepMs / 2).map((item) => [item.atMs, item]));
  return points.map((point) => {
    const found = sums.get(point.atMs!);
    if (!found || found.count === 0) return point;
    const mean = (sum: number) => Math.round((sum / found.count) * 1_000) / 1_000;
    return { ...point, phases: create(PhaseMeansSchema, { dnsMs: mean(found.dnsMs), connectMs: mean(found.connectMs), tlsMs: mean(found.tlsMs), firstByteMs: mean(found.firstByteMs), transferMs: mean(found.transferMs) }) };
  });
}
