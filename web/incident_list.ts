/** The list of incidents: which of them fit, in which order, and which stand under the one that caused them. */
import { titleOf } from "./story.ts";
import type { Incident } from "./types.ts";

export interface IncidentFilter {
  state: string;
  severity: string;
  checkId: string;
  search: string;
}

export interface Family {
  incident: Incident;
  /** Of checks that depend on its check: they were kept quiet. */
  children: Incident[];
}

/** Active ones first, the newest on top. */
export function listIncidents(incidents: Iterable<Incident>, filter: IncidentFilter): Incident[] {
  const wanted = filter.search.trim().toLowerCase();
  return [...incidents]
    .filter((incident) => fitsState(incident, filter.state))
    .filter(({ severity, checkId }) => (!filter.severity || severity === filter.severity) && (!filter.checkId || checkId === filter.checkId))
    .filter((incident) => textOf(incident).includes(wanted))
    .sort((a, b) => rank(a) - rank(b) || Date.parse(b.startedAt) - Date.parse(a.startedAt));
}

function fitsState({ state }: Incident, wanted: string): boolean {
  return wanted === "" || state === wanted || (wanted === "active" && state !== "resolved");
}

/** Each incident that was kept quiet goes under its parent, when that is in the list; the order stays. */
export function familiesOf(incidents: readonly Incident[]): Family[] {
  const byId = new Map(incidents.map((incident) => [incident.id, incident]));
  const families = new Map<string, Family>();
  for (const incident of incidents) if (rootOf(incident, byId) === incident) families.set(incident.id, { incident, children: [] });
  for (const incident of incidents) if (!families.has(incident.id)) families.get(rootOf(incident, byId).id)!.children.push(incident);
  return [...families.values()];
}

function rootOf(incident: Incident, byId: ReadonlyMap<string, Incident>): Incident {
  const seen = new Set<Incident>();
  let root = incident;
  for (let parent = parentOf(root, byId); parent; parent = parentOf(root, byId)) {
    // Two that suppress each other cannot both be a child: each stands for itself.
    if (seen.has(parent)) return incident;
    seen.add(root);
    root = parent;
  }
  return root;
}

function parentOf({ suppressedBy }: Incident, byId: ReadonlyMap<string, Incident>): Incident | undefined {
  return suppressedBy ? byId.get(suppressedBy) : undefined;
}

function rank({ state }: Incident): number {
  return { open: 0, acknowledged: 1, resolved: 2 }[state];
}

function textOf(incident: Incident): string {
  const { id, severity, causes = [] } = incident;
  return [titleOf(incident), id, severity, ...causes.flatMap(({ kind, message }) => [kind, message])].join(" ").toLowerCase();
}
