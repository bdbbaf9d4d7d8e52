/**
 * Where the time of runs went, step by step. Rollups do not keep the phases (five numbers more in every bucket of every check for ever,
 * for a question that is asked of the last hours), so they are added up from the newest results of a range, so many at most.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { GetPhasesRequest, GetPhasesResponseSchema, PhaseSumsSchema } from "#contracts/uptimeping/core/v1/core_pb";
import { AppError } from "#kernel/errors";
import type { StoredResult } from "#ports/results";
import { seriesAsked } from "./series_states.ts";
import type { Core } from "./service.ts";

/** Of all locations together: an hour of a check that runs each second, two days of one a minute. */
const mostPhaseResults = 3_000;

type Sums = Required<Pick<MessageInitShape<typeof PhaseSumsSchema>, "atMs" | "count" | "dnsMs" | "connectMs" | "tlsMs" | "firstByteMs" | "transferMs">>;

const phases = ["dnsMs", "connectMs", "tlsMs", "firstByteMs", "transferMs"] as const;

export async function phasesOf(core: Pick<Core, "results">, check: Check, asked: GetPhasesRequest): Promise<MessageInitShape<typeof GetPhasesResponseSchema>> {
  const { fromMs, toMs, stepMs, location } = asked;
  if (!(stepMs >= 1_000) || !(toMs > fromMs)) throw new AppError("invalid_argument", `no phases of steps of ${stepMs} ms from ${fromMs} to ${toMs}: a step has a second at least, and the end comes after the beginning`);
  const series = seriesAsked(check, location);
  const limit = Math.ceil(mostPhaseResults / Math.max(1, series.length));
  const found = await Promise.all(series.map((checkId) => core.results.history({ tenantId: check.tenantId, checkId, limit, beforeMs: toMs, fromMs, status: undefined })));
  // Where results were left out, older steps would tell of the other locations alone.
  const coveredMs = Math.max(fromMs, ...found.filter((results) => results.length === limit).map((results) => results.at(-1)!.slotMs));
  const steps = new Map<number, Sums>();
  for (const result of found.flat()) if (result.slotMs >= coveredMs) add(steps, Math.floor(result.slotMs / stepMs) * stepMs, result);
  return { items: [...steps.values()].sort((a, b) => a.atMs - b.atMs), fromMs: coveredMs };
}

/** What failed took as long as it took to fail, which is no latency; a phase that a run did not have took no time. */
function add(steps: Map<number, Sums>, atMs: number, result: StoredResult): void {
  if (result.status !== "up" && result.status !== "degraded") return;
  const sums = steps.get(atMs) ?? { atMs, count: 0, dnsMs: 0, connectMs: 0, tlsMs: 0, firstByteMs: 0, transferMs: 0 };
  steps.set(atMs, sums);
  sums.count++;
  for (const phase of phases) if (result[phase] > 0) sums[phase] += result[phase];
}
