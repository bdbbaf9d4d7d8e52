/**
 * Results in, incidents out. All work runs in turn, so that the decisions on one check see each other; what a batch of results
 * leads to is written in one transaction with its events, and only then is the batch done.
 */
import { createBroadcast } from "#kernel/broadcast";
import type { Clock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { Ids } from "#kernel/ids";
import type { Log } from "#kernel/log";
import type { Telemetry } from "#kernel/telemetry";
import type { Incident, IncidentChange, IncidentFilter, IncidentStore, OpenCounts, TimelineEntry } from "#ports/incidents";
import { platformTenant } from "#ports/platform_tenant";
import type { Queue } from "#ports/queue";
import type { Act, Doing } from "./acts.ts";
import { conditionsOf, type CheckCondition } from "./conditions.ts";
import { decide, dismiss, isActive, reconsider } from "./decide.ts";
import type { CoveringAt, Rules, Surroundings, TakenResult } from "./facts.ts";
import { dismissOwnOutage, lookAgain, takeIn } from "./intake.ts";
import { createMassFailure, mayBeOurs, type Connectivity } from "./mass_failure.ts";
import { createMemory, type Draft, type Entry, type Memory } from "./memory.ts";
import { createRecorder } from "./recorder.ts";
import { createRelay } from "./relay.ts";
import { runOfReport, platformCheckId, type PlatformReport } from "./platform/report.ts";
import { reportsCountForMs } from "./reporting.ts";
import { createRoster } from "./roster.ts";
import { createWaiting } from "./waiting.ts";

export interface IncidentWithTimeline {
  incident: Incident;
  timeline: TimelineEntry[];
}

export interface Incidents {
  /** Resolves when everything that follows from the results is on disk. Results of one check come in order. */
  takeResults(batch: TakenResult[]): Promise<void>;
  /** A condition of the monitor itself; the incident is one of this tenant. */
  takeReport(tenantId: string, report: PlatformReport): Promise<void>;
  get(tenantId: string, id: string): Promise<IncidentWithTimeline>;
  list(tenantId: string, filter: IncidentFilter): Promise<Incident[]>;
  /** Of these checks; without any, of all of the tenant that are not quiet. From memory. */
  conditions(tenantId: string, checkIds: string[]): CheckCondition[];
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
  /** None covers anything unless it is given. */
  coveringAt?: CoveringAt;
  /** Whether our own network is there; asked when many checks fall together. */
  connectivity?: () => Promise<Connectivity>;
  /** It was not: so many checks of these tenants failed for no reason of theirs. */
  onOwnOutage?: (tenants: string[], checks: number) => void;
  /** Those of `decide.ts` unless given. */
  rules?: Rules;
}

export async function createIncidents(options: IncidentsOptions): Promise<Incidents> {
  const { store, clock, log, reopenWindowMs, retentionMs } = options;
  const memory = createMemory();
  const stored = await store.loadStates();
  for (const entry of stored) memory.put(entry);
  const roster = createRoster(new Set(stored.flatMap(({ state }) => state.locations.map((each) => each.location))));
  const recorder = createRecorder(options);
  const relay = createRelay(options);
  const changed = createBroadcast<IncidentChange>((lost) => log.warn("a watcher of incidents does not keep up", { lost }));
  const lane = createLane();

  const settle = async (draft: Draft) => {
    const changes = draft.changes();
    if (changes) failpoint("before_incident_commit");
    if (changes) await store.commit(changes);
    if (changes) failpoint("after_incident_commit");
    draft.settle();
    for (const change of changes?.incidents ?? []) changed.send(change);
    if (changes && changes.events.length > 0) relay.kick();
  };

  /** All that `work` does to its draft is on disk before the next one has its turn. */
  const drafted = <T>(work: (draft: Draft) => T | Promise<T>): Promise<T> =>
    lane.inTurn(async () => {
      const draft = memory.draft();
      const done = await work(draft);
      await settle(draft);
      return done;
    });

  const around = surroundingsOf(options, { recorder, roster }, {
    failing: () => failingLately(memory, clock.now()),
    look: async () => {
      for (const checkId of await drafted((draft) => lookAgain(draft, around))) around.waiting.drop(checkId);
    },
    dismissAll: async () => {
      const { tenants, checks } = await drafted((draft) => dismissOwnOutage(draft, memory.restless(undefined), around));
      if (checks > 0) options.onOwnOutage?.(tenants, checks);
    },
  });

  restoreMassFailure(memory, around);

  const existing = async (tenantId: string, id: string) => {
    const found = await store.get(tenantId, id);
    if (!found) throw new AppError("not_found", `no incident ${id}`);
    return found;
  };

  return {
    takeResults: (batch) =>
      drafted((draft) => {
        for (const taken of batch) takeIn(draft, taken, around);
      }),
    takeReport: (tenantId, report) =>
      drafted((draft) => takeIn(draft, { tenantId, body: runOfReport(report, draft.find(tenantId, platformCheckId(report.key)), clock.now()) }, around)),
    async act(act, tenantId, id, doing) {
      await drafted(async (draft) => act(draft, (await existing(tenantId, id)).incident, doing, recorder));
      return existing(tenantId, id);
    },
    get: existing,
    list: (tenantId, filter) => store.list(tenantId, filter),
    conditions: (tenantId, checkIds) => conditionsOf(memory, around.waiting, { tenantId, checkIds }),
    countActive: (tenantId) => store.countActive(tenantId),
    watch: (tenantId, signal) => changed.subscribe(signal, (change) => change.incident.tenantId === tenantId),
    begin: () => relay.kick(),
    trouble: () => relay.trouble(),
    async sweep() {
      memory.forget(clock.now() - reopenWindowMs, clock.now() - idleMs);
      around.roster.forget(clock.now() - idleMs);
      const deleted = await deleteInBatches(store, clock.now() - retentionMs);
      await store.deleteOfTenant(platformTenant, clock.now() - idleMs);
      if (deleted > 0) log.info("deleted incidents past their retention", { incidents: deleted });
    },
    async stop() {
      around.massFailure.stop();
      around.waiting.stop();
      await lane.empty();
      await relay.stop();
    },
  };
}

/** What began to fail just before the restart. Where it looks is not known any more, so each counts as a network of its own. */
function restoreMassFailure(memory: Memory, { massFailure }: Surroundings): void {
  const unconfirmed = memory.restless(undefined).filter(({ incident }) => !isActive(incident));
  const failing = unconfirmed.flatMap(({ state }) => state.locations.filter((each) => each.streak.some((cause) => mayBeOurs(cause.kind))).map((each) => ({ state, each })));
  for (const { state, each } of failing.sort((a, b) => a.each.firstFailureAtMs - b.each.firstFailureAtMs)) {
    massFailure.began({ checkId: state.checkId, network: state.checkId, atMs: each.firstFailureAtMs });
  }
}

/** Those that report: one that was deleted while it failed says nothing about the network. */
function failingLately(memory: Memory, nowMs: number): string[] {
  const isHeardOf = ({ state }: Entry) => state.locations.some((each) => Math.abs(nowMs - each.lastRunAtMs) <= reportsCountForMs);
  return memory.restless(undefined).filter(isHeardOf).map(({ state }) => state.checkId);
}

interface Doings {
  failing: () => string[];
  look: () => Promise<void>;
  dismissAll: () => Promise<void>;
}

function surroundingsOf(options: IncidentsOptions, { recorder, roster }: Pick<Surroundings, "recorder" | "roster">, { failing, look, dismissAll }: Doings): Surroundings {
  const { clock, log, reopenWindowMs } = options;
  const unlessItFails = (work: Promise<void>) => void work.catch((error: unknown) => log.error("openings that wait were not looked at", { reason: messageOf(error) }));
  const massFailure = createMassFailure({
    clock,
    connectivity: options.connectivity ?? (async () => "unknown"),
    failing,
    onChange: () => unlessItFails(massFailure.state() === "offline" ? dismissAll().then(look) : look()),
  });
  return {
    rules: options.rules ?? { decide, reconsider, dismiss },
    reopenWindowMs,
    coveringAt: options.coveringAt ?? (() => undefined),
    recorder,
    tracing: options.telemetry.tracing,
    roster,
    waiting: createWaiting(clock, () => unlessItFails(look())),
    massFailure,
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
