/**
 * Reads the figures of published checks, tenant by tenant, in the background. What changes by the second is read each time, bars and
 * charts now and then. A part that cannot be read keeps what it said; only the states date the figures.
 */
import type { PublishedPage, StatusComponent } from "#contracts/uptimeping/config/v1/config_pb";
import type { Incident } from "#contracts/uptimeping/incident/v1/incident_pb";
import { type Call, systemCall, withTimeout } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { compileMatchers, labelsOf, type Matcher } from "#ports/matchers";
import type { Roles } from "../route.ts";
import type { Day, Figures, LatencyPoint, Window } from "./board.ts";

export type Sources = Pick<Roles, "core" | "metrics" | "incident">;

type Uptimes = Map<string, { ratio: number | undefined; days: Day[] }>;
type Latencies = Map<string, { points: LatencyPoint[]; p50Ms: number | undefined }>;

const withinMs = 5_000;
const barsEveryMs = 60_000;
const latencyEveryMs = 300_000;
const slowlyEveryMs = 15_000;
const pageSize = 200;
const mostPast = 1_000;
const latencyPoints = 48;
const latencyAtOnce = 8;
const pastMs = 15 * 86_400_000;

export interface Gatherer {
  /** Rejects when the states cannot be read; then what was known stays. */
  gather(pages: readonly PublishedPage[]): Promise<Figures>;
}

/** Of one tenant. */
export function createGatherer(tenantId: string, sources: Sources, clock: Clock): Gatherer {
  const { core, metrics, incident } = sources;
  const call = (): Call => withTimeout(systemCall("gateway", tenantId), clock, withinMs);
  const uptimes = kept<Uptimes>(clock, barsEveryMs, new Map());
  const latencies = kept<Latencies>(clock, latencyEveryMs, new Map());
  const past = kept<Incident[]>(clock, slowlyEveryMs, []);
  const windows = kept<{ covers: (components: readonly StatusComponent[]) => Window[] }>(clock, slowlyEveryMs, { covers: () => [] });

  const readBars = async (ids: readonly string[]): Promise<Uptimes> => {
    const found: Uptimes = new Map();
    for (const some of chunks(ids, pageSize)) {
      const { items, fromMs } = await metrics.listUptimes({ window: "90d", checkIds: some, limit: pageSize }, call());
      for (const { total, up, down, maintenance } of items) {
        const days = fromMs.map((at, i) => ({ fromMs: at, up: up[i] ?? 0, down: down[i] ?? 0, maintenance: maintenance[i] ?? 0 }));
        if (total) found.set(total.checkId, { ratio: total.ratio, days });
      }
    }
    return found;
  };
  const readLatencies = async (ids: readonly string[]): Promise<Latencies> => {
    const found: Latencies = new Map();
    for (const some of chunks(ids, latencyAtOnce)) {
      const read = await Promise.all(some.map((checkId) => metrics.getLatency({ checkId, window: "24h", points: latencyPoints }, call())));
      for (const { checkId, points, p50Ms } of read) found.set(checkId, { points: points.filter(({ count }) => count > 0).map(({ atMs, p50Ms: at }) => ({ atMs, p50Ms: at })), p50Ms });
    }
    return found;
  };
  const readPast = async (): Promise<Incident[]> => {
    const found: Incident[] = [];
    for (let cursor = ""; found.length < mostPast; ) {
      const { items, nextCursor } = await incident.listIncidents({ limit: pageSize, cursor }, call());
      found.push(...items);
      cursor = nextCursor;
      if (cursor === "" || (items.at(-1)?.startedAtMs ?? 0) < clock.now() - pastMs) break;
    }
    return found;
  };
  const readWindows = async () => {
    const { items } = await incident.listMaintenance({ limit: pageSize }, call());
    const compiled = items.filter(({ enabled }) => enabled).map((window) => ({ window, selects: compileMatchers(window.matchers as unknown as Matcher[]) }));
    return {
      covers: (components: readonly StatusComponent[]) =>
        compiled.map(({ window: { id, name, activeUntilMs, nextStartMs, nextEndMs }, selects }): Window => {
          const covered = components.filter(({ checkId, name: called, type, tags }) => selects(labelsOf({ id: checkId, name: called, type, tags })));
          return { id, name, covers: new Set(covered.map(({ checkId }) => checkId)), activeUntilMs, nextStartMs, nextEndMs };
        }),
    };
  };

  return {
    async gather(pages) {
      const components = pages.flatMap((page) => page.components);
      const ids = [...new Set(components.map(({ checkId }) => checkId))];
      const wantLatency = ids.filter((id) => pages.some(({ page, components: on }) => page?.page?.["showLatency"] !== false && on.some(({ checkId }) => checkId === id)));
      const key = ids.join();
      // Read in one go: states without their incidents would contradict each other for a moment.
      const [states, active] = await Promise.all([
        ids.length === 0 ? { items: [] } : core.summariseStates({ checkIds: ids }, call()),
        incident.listIncidents({ state: "active", limit: pageSize }, call()),
      ]);
      const [bars, latency, older, covering] = await Promise.all([uptimes(key, () => readBars(ids)), latencies(key, () => readLatencies(wantLatency)), past("", readPast), windows("", readWindows)]);
      const known = new Set(active.items.map(({ id }) => id));
      // One that the slow list still has as active is over: the next slow list has its end.
      const incidents = [...active.items, ...older.filter(({ id, resolvedAtMs }) => !known.has(id) && resolvedAtMs > 0)];
      return { states: new Map(states.items.map(({ checkId, state }) => [checkId, state])), uptimes: bars, latencies: latency, incidents, windows: covering.covers(components), atMs: clock.now() };
    },
  };
}

/** Reads again when it is old enough, or asked of others; what fails keeps the last answer. */
function kept<T>(clock: Clock, everyMs: number, first: T): (key: string, read: () => Promise<T>) => Promise<T> {
  let value = first;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let of = "";
  return async (key, read) => {
    const now = clock.monotonic();
    if (key === of && now - readAtMs < everyMs) return value;
    try {
      value = await read();
      readAtMs = now;
      of = key;
    } catch {
      // Asked again next time.
    }
    return value;
  };
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
