/** What is believed of a check at this moment, for those who read. */
import type { CheckState } from "#ports/incidents";
import { isActive } from "./decide.ts";
import { wordsOf } from "./locations.ts";
import type { Entry, Memory } from "./memory.ts";
import type { Waiting } from "./waiting.ts";

export interface CheckCondition {
  checkId: string;
  condition: "quiet" | "suspected" | "down" | "recovering" | "held";
  flapping: boolean;
  maintenance: string;
  locationsDown: string[];
  locationsUp: string[];
  sinceMs: number;
  incidentId: string;
}

/** Without ids, of all that are not quiet. */
export function conditionsOf(memory: Memory, waiting: Waiting, { tenantId, checkIds }: { tenantId: string; checkIds: string[] }): CheckCondition[] {
  const of = (entry: Entry) => conditionOf(entry, waiting.of(entry.state.checkId) !== undefined);
  if (checkIds.length === 0) return memory.restless(tenantId).map(of);
  return checkIds.map((checkId) => {
    const entry = memory.find(tenantId, checkId);
    return entry ? of(entry) : quiet(checkId);
  });
}

function conditionOf(entry: Entry, waits: boolean): CheckCondition {
  const { state, incident } = entry;
  const newestRunAtMs = Math.max(0, ...state.locations.map((each) => each.lastRunAtMs));
  const active = isActive(incident) ? incident : undefined;
  return {
    checkId: state.checkId,
    condition: active ? whileActive(state) : whileNot(state, waits),
    flapping: state.flapping,
    maintenance: state.maintenance,
    ...wordsOf(state, newestRunAtMs),
    sinceMs: active ? active.startedAtMs : earliestFailure(state),
    incidentId: active ? active.id : "",
  };
}

function whileActive({ locations }: CheckState): "down" | "recovering" {
  const isGoodAgain = locations.some((each) => each.goods > 0) && locations.every((each) => each.failures === 0 || each.goods > 0);
  return isGoodAgain ? "recovering" : "down";
}

function whileNot({ locations, held }: CheckState, waits: boolean): "quiet" | "suspected" | "held" {
  const isFailing = locations.some((each) => each.failures > 0 || each.down);
  if (held || (waits && isFailing)) return "held";
  return isFailing ? "suspected" : "quiet";
}

function earliestFailure({ locations }: CheckState): number {
  const starts = locations.map((each) => each.firstFailureAtMs).filter((atMs) => atMs > 0);
  return starts.length === 0 ? 0 : Math.min(...starts);
}

function quiet(checkId: string): CheckCondition {
  return { checkId, condition: "quiet", flapping: false, maintenance: "", locationsDown: [], locationsUp: [], sinceMs: 0, incidentId: "" };
}
