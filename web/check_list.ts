/** The checks of the tenant as the list shows them: all of them at once, filtered and sorted here. */
import { target } from "./format.ts";
import type { Check, CheckStatus, State } from "./types.ts";

export interface Filter {
  search: string;
  state: string;
  type: string;
  tag: string;
  sort: string;
}

/** What needs somebody comes first. */
export const states: readonly State[] = ["down", "degraded", "unknown", "pending", "up", "maintenance", "paused"];

export function stateOf(check: Check, status: CheckStatus | undefined): State {
  return check.enabled ? (status?.state ?? "pending") : "paused";
}

export function tagsOf(checks: readonly Check[]): string[] {
  const tags = new Set(checks.flatMap((check) => Object.entries(check.tags ?? {}).map(([name, value]) => `${name}:${value}`)));
  return [...tags].sort();
}

export function countStates(checks: readonly Check[], statusOf: (id: string) => CheckStatus | undefined): Map<State, number> {
  const counts = new Map<State, number>();
  for (const check of checks) {
    const state = stateOf(check, statusOf(check.id));
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

export function filterChecks(checks: readonly Check[], filter: Filter, statusOf: (id: string) => CheckStatus | undefined): string[] {
  const wanted = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = checks.filter((check) => {
    if (filter.type && check.type !== filter.type) return false;
    if (filter.state && stateOf(check, statusOf(check.id)) !== filter.state) return false;
    const tags = Object.entries(check.tags ?? {}).map(([name, value]) => `${name}:${value}`);
    if (filter.tag && !tags.includes(filter.tag)) return false;
    if (wanted.length === 0) return true;
    const text = [check.name, target(check.type, check.target), ...tags].join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  const rank = new Map(found.map((check) => [check.id, filter.sort === "name" ? 0 : states.indexOf(stateOf(check, statusOf(check.id)))]));
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  return found.sort((a, b) => rank.get(a.id)! - rank.get(b.id)! || order.compare(a.name, b.name)).map((check) => check.id);
}
