/**
 * What a status page says at one moment: pure, from the published page and the figures of its checks. Everything that is shown,
 * fed or answered as JSON is made from this, and nothing that is not in it leaves the product.
 */
import type { PublishedPage } from "#contracts/uptimeping/config/v1/config_pb";
import type { Incident } from "#contracts/uptimeping/incident/v1/incident_pb";
import type { NoteDocument, PageDocument } from "#ports/status_page_document";

export type ComponentState = "up" | "degraded" | "down" | "maintenance" | "unknown";
export type OverallState = ComponentState | "partial";

export interface Day {
  fromMs: number;
  up: number;
  down: number;
  maintenance: number;
}

export interface Component {
  id: string;
  name: string;
  state: ComponentState;
  /** Of 90 days, 0..1; undefined without data. */
  uptime: number | undefined;
  days: readonly Day[];
  latency: readonly LatencyPoint[];
  p50Ms: number | undefined;
}

export interface LatencyPoint {
  atMs: number;
  p50Ms: number;
}

export interface Group {
  name: string;
  collapsed: boolean;
  state: ComponentState;
  components: Component[];
}

export interface Note {
  id: string;
  kind: "incident" | "maintenance";
  title: string;
  impact: string;
  state: string;
  startsAtMs: number;
  /** 0 when it is not known. */
  endsAtMs: number;
  /** Names of components. */
  affected: string[];
  /** Newest first. Empty for what the monitor noticed by itself. */
  updates: { atMs: number; state: string; text: string }[];
  updatedAtMs: number;
}

export interface Board {
  pageId: string;
  tenantId: string;
  document: PageDocument;
  passwordHash: string;
  overall: OverallState;
  groups: Group[];
  /** Being worked on, and maintenance that goes on. */
  active: Note[];
  planned: Note[];
  /** Over, newest first, of the last 14 days. */
  past: Note[];
  /** When the figures are of. */
  atMs: number;
}

/** What is known of the checks of a tenant. */
export interface Figures {
  states: ReadonlyMap<string, string>;
  uptimes: ReadonlyMap<string, { ratio: number | undefined; days: readonly Day[] }>;
  latencies: ReadonlyMap<string, { points: readonly LatencyPoint[]; p50Ms: number | undefined }>;
  incidents: readonly Incident[];
  windows: readonly Window[];
  atMs: number;
}

export interface Window {
  id: string;
  name: string;
  covers: ReadonlySet<string>;
  /** Of the occurrence that goes on; 0 when none does. */
  activeUntilMs: number;
  nextStartMs: number;
  nextEndMs: number;
}

export const pastDays = 14;
const dayMs = 86_400_000;
/** Planned work further away than this is not announced yet. */
const plannedAheadMs = 30 * dayMs;

export function boardOf(published: PublishedPage, figures: Figures, nowMs: number): Board {
  const document = published.page!.page as unknown as PageDocument;
  const names = new Map(published.components.map(({ checkId, name }) => [checkId, name]));
  const notes = [...published.notes.map((note) => writtenNote(note.id, note.note as unknown as NoteDocument, names)), ...noticed(document, figures, names), ...windowsOf(document, figures, names, nowMs)];
  const isOver = ({ state }: Note) => state === "resolved" || state === "completed";
  const isPlanned = ({ kind, state, startsAtMs }: Note) => kind === "maintenance" && state === "scheduled" && startsAtMs > nowMs;
  const active = notes.filter((note) => !isOver(note) && !isPlanned(note)).toSorted(newestFirst);
  const inMaintenance = new Set(active.filter(({ kind }) => kind === "maintenance").flatMap(({ affected }) => affected));
  const groups = document.groups
    .map((group, index): Group => {
      const components = published.components.filter((component) => component.group === index).map(({ checkId, name }) => componentOf({ checkId, name }, document, figures, inMaintenance.has(name)));
      return { name: group.name, collapsed: group.collapsed, state: worstOf(components.map(({ state }) => state)), components };
    })
    .filter(({ components }) => components.length > 0);
  return {
    pageId: published.page!.id,
    tenantId: published.page!.tenantId,
    document,
    passwordHash: published.passwordHash,
    overall: overallOf(groups.flatMap(({ components }) => components), active),
    groups,
    active,
    planned: notes.filter(isPlanned).toSorted((a, b) => a.startsAtMs - b.startsAtMs),
    past: notes.filter((note) => isOver(note) && nowMs - note.updatedAtMs < pastDays * dayMs).toSorted(newestFirst),
    atMs: figures.atMs,
  };
}

function newestFirst(a: Note, b: Note): number {
  return b.startsAtMs - a.startsAtMs;
}

function componentOf({ checkId, name }: { checkId: string; name: string }, document: PageDocument, figures: Figures, inMaintenance: boolean): Component {
  const uptime = figures.uptimes.get(checkId);
  const latency = document.showLatency ? figures.latencies.get(checkId) : undefined;
  const known = figures.states.get(checkId) ?? "";
  const state = known === "up" || known === "degraded" || known === "down" ? known : "unknown";
  const covered = inMaintenance || figures.windows.some(({ covers, activeUntilMs }) => activeUntilMs > 0 && covers.has(checkId));
  return { id: checkId, name, state: covered ? "maintenance" : state, uptime: uptime?.ratio, days: document.showBars ? (uptime?.days ?? []) : [], latency: latency?.points ?? [], p50Ms: latency?.p50Ms };
}

function writtenNote(id: string, note: NoteDocument, names: ReadonlyMap<string, string>): Note {
  const updates = note.updates.map(({ at, state, text }) => ({ atMs: Date.parse(at ?? ""), state, text })).toReversed();
  const begun = note.startsAt === undefined ? updates.at(-1)!.atMs : Date.parse(note.startsAt);
  const affected = note.components.flatMap((component) => names.get(component) ?? []);
  const { kind, title, impact } = note;
  return { id, kind, title, impact, state: updates[0]!.state, startsAtMs: begun, endsAtMs: note.endsAt === undefined ? 0 : Date.parse(note.endsAt), affected, updates, updatedAtMs: updates[0]!.atMs };
}

/** Incidents that the monitor opened. Their errors stay inside: they may name hosts. */
function noticed({ showIncidents }: PageDocument, { incidents }: Figures, names: ReadonlyMap<string, string>): Note[] {
  if (!showIncidents) return [];
  return incidents.flatMap(({ id, checkId, severity, resolvedAtMs, startedAtMs, endedAtMs, suppressedBy }): Note[] => {
    const name = names.get(checkId);
    if (name === undefined || suppressedBy !== "") return [];
    const isOver = resolvedAtMs > 0;
    const endsAtMs = isOver ? endedAtMs || resolvedAtMs : 0;
    return [{ id, kind: "incident", title: name, impact: severity === "critical" ? "major" : "minor", state: isOver ? "resolved" : "investigating", startsAtMs: startedAtMs, endsAtMs, affected: [name], updates: [], updatedAtMs: isOver ? endsAtMs : startedAtMs }];
  });
}

function windowsOf({ showMaintenance }: PageDocument, { windows }: Figures, names: ReadonlyMap<string, string>, nowMs: number): Note[] {
  if (!showMaintenance) return [];
  return windows.flatMap(({ id, name, covers, activeUntilMs, nextStartMs, nextEndMs }): Note[] => {
    const affected = [...covers].flatMap((checkId) => names.get(checkId) ?? []);
    if (affected.length === 0) return [];
    const note = { kind: "maintenance", title: name, impact: "maintenance", affected, updates: [] } as const;
    const running: Note[] = activeUntilMs > nowMs ? [{ ...note, updates: [], id: `${id}-now`, state: "in_progress", startsAtMs: nowMs, endsAtMs: activeUntilMs, updatedAtMs: nowMs }] : [];
    const next: Note[] = nextStartMs > nowMs && nextStartMs - nowMs < plannedAheadMs ? [{ ...note, updates: [], id: `${id}-${nextStartMs}`, state: "scheduled", startsAtMs: nextStartMs, endsAtMs: nextEndMs, updatedAtMs: nextStartMs }] : [];
    return [...running, ...next];
  });
}

const rank: Record<ComponentState, number> = { up: 0, unknown: 1, maintenance: 2, degraded: 3, down: 4 };

function worstOf(states: readonly ComponentState[]): ComponentState {
  return states.reduce<ComponentState>((worst, state) => (rank[state] > rank[worst] ? state : worst), "up");
}

function overallOf(components: readonly Component[], active: readonly Note[]): OverallState {
  const states = components.map(({ state }) => state);
  const down = states.filter((state) => state === "down").length;
  if (down > 0) return down * 2 > states.length ? "down" : "partial";
  const impacts = active.filter(({ kind, updates }) => kind === "incident" && updates.length > 0).map(({ impact }) => impact);
  if (impacts.includes("major")) return "partial";
  if (states.includes("degraded") || impacts.includes("minor")) return "degraded";
  if (states.includes("maintenance") || active.some(({ kind }) => kind === "maintenance")) return "maintenance";
  return states.length > 0 && states.every((state) => state === "unknown") ? "unknown" : "up";
}
