/**
 * Results in, incidents out. All work runs in turn, so that the decisions on one check see each other; what a batch of results
 * leads to is written in one transaction with its events, and only then is the batch done.
 */
import { createBroadcast } from "#kernel/broadcast";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import type { Log } from "#kernel/log";
import type { Telemetry } from "#kernel/telemetry";
import type { Incident, IncidentChange, IncidentFilter, IncidentStore, OpenCounts, TimelineEntry } from "#ports/incidents";
import type { Queue } from "#ports/queue";
import type { Act, Doing } from "./acts.ts";
import { takeIn, type TakenResult } from "./intake.ts";
import { createMemory, type Draft } from "./memory.ts";
import { createRecorder } from "./recorder.ts";
import { createRelay } from "./relay.ts";

export interface IncidentWithTimeline {
  incident: Incident;
  timeline: TimelineEntry[];
}

export interface Incidents {
  /** Resolves when everything that follows from the results is on disk. Results of one check come in order. */
  takeResults(batch: TakenResult[]): Promise<void>;
  get(tenantId: string, id: string): Promise<IncidentWithTimeline>;
  list(tenantId: string, filter: IncidentFilter): Promise<Incident[]>;
  /** Incidents that are not resolved, of one tenant or of the whole platform. */
  countActive(tenantId: string | undefined): Promise<OpenCounts>;
  /** Every change of the tenant's incidents once it is on disk, with what is new in the timeline. Ends when the signal aborts. */
  watch(tenantId: string, signal: AbortSignal): AsyncIterable<IncidentChange>;
  act(act: Act, tenantId: string, id: string, doing: Doing): Promise<IncidentWithTimeline>;
  /** Hands over the events that an earlier process decided and did not get rid of. */
  begin(): void;
  /** Deletes what is older than its retention, and lets go of what can no longer matter. */
  sweep(): Promise<void>;
  /** Why events are not going out; "" when they are. */
  trouble(): string;
  /** Resolves when what runs is on disk and no event is under way. */
  stop(): Promise<void>;
}

export interface IncidentsOptions {
  store: IncidentStore;
  queue: Queue;
  clock: Clock;
  ids: Ids;
  log: Log;
  telemetry: Telemetry;
  reopenWindowMs: number;
  retentionMs: number;
}

export async function createIncidents(options: IncidentsOptions): Promise<Incidents> {
  const { store, clock, log, reopenWindowMs, retentionMs } = options;
  const memory = createMemory();
  for (const entry of await store.loadStates()) memory.put(entry);
  const recorder = createRecorder(options);
  const relay = createRelay(options);
  const changed = createBroadcast<IncidentChange>((lost) => log.warn("a watcher of incidents does not keep up", { lost }));
  const lane = createLane();

  const settle = async (draft: Draft) => {
    const changes = draft.changes();
    if (changes) await store.commit(changes);
    draft.settle();
    for (const change of changes?.incidents ?? []) changed.send(change);
    if (changes && changes.events.length > 0) relay.kick();
  };

  const existing = async (tenantId: string, id: string) => {
    const found = await store.get(tenantId, id);
    if (!found) throw new AppError("not_found", `no incident ${id}`);
    return found;
  };

  return {
    takeResults: (batch) =>
      lane.inTurn(async () => {
        const draft = memory.draft();
        for (const taken of batch) takeIn(draft, taken, reopenWindowMs, recorder);
        await settle(draft);
      }),
    act: (act, tenantId, id, doing) =>
      lane.inTurn(async () => {
        const { incident } = await existing(tenantId, id);
        const draft = memory.draft();
        act(draft, incident, doing, recorder);
        await settle(draft);
        return existing(tenantId, id);
      }),
    get: existing,
    list: (tenantId, filter) => store.list(tenantId, filter),
    countActive: (tenantId) => store.countActive(tenantId),
    watch: (tenantId, signal) => changed.subscribe(signal, (change) => change.incident.tenantId === tenantId),
    begin: () => relay.kick(),
    trouble: () => relay.trouble(),
    async sweep() {
      memory.forget(clock.now() - reopenWindowMs, clock.now() - idleMs);
      const deleted = await deleteInBatches(store, clock.now() - retentionMs);
      if (deleted > 0) log.info("deleted incidents past their retention", { incidents: deleted });
    },
    async stop() {
      await lane.empty();
      await relay.stop();
    },
  };
}

/** A check that had no run for so long is gone or rare: which run was its last need not be remembered. */
const idleMs = 86_400_000;

const deleteBatch = 500;

async function deleteInBatches(store: IncidentStore, beforeMs: number): Promise<number> {
  let deleted = 0;
  for (let last = deleteBatch; last === deleteBatch; deleted += last) last = await store.deleteBefore(beforeMs, deleteBatch);
  return deleted;
}

/** One piece of work at a time, in the order of asking; one that fails does not stop the next. */
function createLane() {
  let last: Promise<unknown> = Promise.resolve();
  return {
    inTurn<T>(work: () => Promise<T>): Promise<T> {
      const done = last.then(work);
      last = done.catch(() => {});
      return done;
    },
    empty: async () => void (await last),
  };
}
