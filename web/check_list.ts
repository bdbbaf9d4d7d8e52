/** The checks of the tenant as the list shows them: all of them at once, filtered, sorted and grouped here. */
import type { ListedCheck } from "./checks_store.ts";
import { target } from "./format.ts";
import type { CheckStatus, State } from "./types.ts";

export interface Filter {
  search: string;
  state: string;
  type: string;
  /** `name:value`. */
  tag: string;
  location: string;
  sort: string;
  /** "", "state", "type", "location" or `tag:name`. */
  group: string;
}

export const noFilter: Filter = { search: "", state: "", type: "", tag: "", location: "", sort: "", group: "" };

export interface CheckLine {
  kind: "check";
  key: string;
  id: string;
}

export interface GroupLine {
  kind: "group";
  key: string;
  /** A state, a type, a location, or the value of a tag; "" for those that have none. */
  name: string;
  ids: readonly string[];
  counts: ReadonlyMap<State, number>;
}

export type Line = CheckLine | GroupLine;

export interface CheckListing {
  /** Each once, in the order they are first shown in. */
  ids: readonly string[];
  lines: readonly Line[];
}

type StatusOf = (id: string) => CheckStatus | undefined;

/** What needs somebody comes first. */
export const states: readonly State[] = ["down", "degraded", "unknown", "pending", "up", "maintenance", "paused"];
const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export function stateOf(check: Pick<ListedCheck, "enabled">, status: CheckStatus | undefined): State {
  if (!check.enabled) return "paused";
  // It was resumed here; its first result will say how it is.
  return status === undefined || status.state === "paused" ? "pending" : status.state;
}

export function filterOf(query: URLSearchParams): Filter {
  return Object.fromEntries(Object.keys(noFilter).map((name) => [name, query.get(name) ?? ""])) as unknown as Filter;
}

export function narrows({ search, state, type, tag, location }: Filter): boolean {
  return Boolean(search || state || type || tag || location);
}

export function tagsOf(checks: readonly ListedCheck[]): string[] {
  return [...new Set(checks.flatMap(tagTexts))].sort(byName.compare);
}

export function tagNamesOf(checks: readonly ListedCheck[]): string[] {
  return [...new Set(checks.flatMap(({ tags }) => Object.keys(tags)))].sort(byName.compare);
}

export function locationsOf(checks: readonly ListedCheck[]): string[] {
  return [...new Set(checks.flatMap(({ locations }) => locations))].sort(byName.compare);
}

export function countStates(checks: readonly ListedCheck[], statusOf: StatusOf): Map<State, number> {
  const counts = new Map<State, number>();
  for (const check of checks) {
    const state = stateOf(check, statusOf(check.id));
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

export function listChecks(checks: readonly ListedCheck[], filter: Filter, statusOf: StatusOf, collapsed: ReadonlySet<string> = new Set()): CheckListing {
  const sorted = sortChecks(checks.filter(fits(filter, statusOf)), filter.sort, statusOf);
  if (filter.group === "") return { ids: sorted.map(({ id }) => id), lines: sorted.map(({ id }) => ({ kind: "check", key: id, id })) };
  const lines: Line[] = [];
  const ids = new Set<string>();
  for (const [name, members] of groupsOf(sorted, filter, statusOf)) {
    const key = `group ${filter.group} ${name}`;
    for (const { id } of members) ids.add(id);
    lines.push({ kind: "group", key, name, ids: members.map(({ id }) => id), counts: countStates(members, statusOf) });
    if (!collapsed.has(key)) for (const { id } of members) lines.push({ kind: "check", key: `${name} ${id}`, id });
  }
  return { ids: [...ids], lines };
}

function fits({ search, state, type, tag, location }: Filter, statusOf: StatusOf): (check: ListedCheck) => boolean {
  const wanted = search.toLowerCase().split(/\s+/).filter(Boolean);
  return (check) =>
    (!type || check.type === type) &&
    (!state || stateOf(check, statusOf(check.id)) === state) &&
    (!tag || tagTexts(check).includes(tag)) &&
    (!location || check.locations.includes(location)) &&
    wanted.every((word) => textOf(check).includes(word));
}

function sortChecks(found: ListedCheck[], sort: string, statusOf: StatusOf): ListedCheck[] {
  const rank = new Map(found.map((check) => [check.id, rankOf(check, sort, statusOf(check.id))]));
  return found.sort((a, b) => rank.get(a.id)! - rank.get(b.id)! || byName.compare(a.name, b.name));
}

/** What stands first has the lowest; of what is not known nobody can say that it is bad. */
function rankOf(check: ListedCheck, sort: string, status: CheckStatus | undefined): number {
  if (sort === "name") return 0;
  if (sort === "latency") return -(status?.lastResult?.latencyMs ?? -1);
  if (sort === "uptime") return status?.uptime24h ?? 2;
  if (sort === "since") return -(status?.since ? Date.parse(status.since) : 0);
  return states.indexOf(stateOf(check, status));
}

/** Groups with trouble first, as in the list without groups; what belongs to none stands last. */
function groupsOf(sorted: readonly ListedCheck[], { group, sort }: Filter, statusOf: StatusOf): [name: string, members: ListedCheck[]][] {
  const groups = new Map<string, ListedCheck[]>();
  for (const check of sorted) {
    for (const name of groupNamesOf(check, group, statusOf)) {
      const members = groups.get(name) ?? [];
      members.push(check);
      groups.set(name, members);
    }
  }
  const worst = (members: readonly ListedCheck[]) => Math.min(...members.map((check) => states.indexOf(stateOf(check, statusOf(check.id)))));
  const rank = new Map([...groups].map(([name, members]) => [name, sort === "" ? worst(members) : 0]));
  const isRest = (name: string) => Number(name === "");
  return [...groups].sort(([a], [b]) => isRest(a) - isRest(b) || rank.get(a)! - rank.get(b)! || byName.compare(a, b));
}

function groupNamesOf(check: ListedCheck, group: string, statusOf: StatusOf): readonly string[] {
  if (group === "state") return [stateOf(check, statusOf(check.id))];
  if (group === "type") return [check.type];
  if (group === "location") return check.locations;
  return [check.tags[group.replace(/^tag:/, "")] ?? ""];
}

const texts = new WeakMap<ListedCheck, string>();

/** What a search looks through; made once, or each letter that is typed would make ten thousand. */
function textOf(check: ListedCheck): string {
  const known = texts.get(check);
  if (known !== undefined) return known;
  const text = [check.name, target(check.type, check.target), ...tagTexts(check)].join(" ").toLowerCase();
  texts.set(check, text);
  return text;
}

function tagTexts({ tags }: ListedCheck): string[] {
  return Object.entries(tags).map(([name, value]) => `${name}:${value}`);
}
