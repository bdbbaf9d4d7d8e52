/** Drives a truth through the real incident service: runs, lies, redelivery, kills, and a clock that is set. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { homeLocation } from "#ports/queue";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import { IncidentEventSchema, type IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import type { Clock } from "#kernel/clock";
import { createIds } from "#kernel/ids";
import { silentLog } from "#kernel/log";
import { createTelemetry } from "#kernel/telemetry";
import type { Queue } from "#ports/queue";
import type { Rules, TakenResult } from "../roles/incident/facts.ts";
import { createIncidents, type Incidents } from "../roles/incident/service.ts";
import { createMemoryIncidentStore } from "./memory_incident_store.ts";
import { createRandom, isIn, isInWindow, near, outageAt, overlaps, wallAt, type Random, type TrueCheck, type Truth } from "./truth_timeline.ts";

export interface Seen {
  location: string;
  atMs: number;
  wallMs: number;
  said: "good" | "failing" | "nothing";
}

export interface Told {
  /** True time at which the queue had it. */
  atMs: number;
  /** How many runs of the check had come by then. */
  runs: number;
  event: IncidentEvent;
}

export interface History {
  runs: Map<string, Seen[]>;
  told: Told[];
  kills: number[];
}

const stepMs = 10_000;
const reopenWindowMs = 600_000;
const slowestAnswerMs = 40_000;

export interface Life {
  /** Those of the product unless given. */
  rules?: Rules;
  /** Asked each hour. True ends it early. */
  isEnough?: (history: History, atMs: number) => boolean;
}

export async function live(truth: Truth, seed: number, { rules, isEnough = () => false }: Life = {}): Promise<History> {
  const random = createRandom(seed + 1);
  const history: History = { runs: new Map(truth.checks.map((check) => [check.id, []])), told: [], kills: [] };
  const clock = createSimulatedClock(truth);
  const process = createProcess(truth, { history, clock, random, rules });
  const runner = createRunner(truth, history, random);
  await process.begin();
  let last: TakenResult[] = [];
  for (let atMs = stepMs; atMs <= truth.endMs; atMs += stepMs) {
    if (await clock.moveTo(atMs)) await settled();
    if (atMs % 3_600_000 === 0 && isEnough(history, atMs)) break;
    const batch = runner.due(atMs);
    if (batch.length === 0) continue;
    // Where it hurts most: while something begins to fail.
    if (random() < (batch.some(({ body }) => body.status === "down") ? 0.02 : 0.000_2)) await process.dieAfter(batch);
    await process.take(batch);
    if (random() < 0.05) await process.take(shuffled(random, last));
    last = batch;
  }
  await process.stop();
  return history;
}

interface Surroundings {
  history: History;
  clock: SimulatedClock;
  random: Random;
  rules: Rules | undefined;
}

/** The incident service, which dies and begins again on what it left in its store. */
function createProcess(truth: Truth, { history, clock, random, rules }: Surroundings) {
  const store = createMemoryIncidentStore();
  const checks = new Map(truth.checks.map((check) => [check.id, check]));
  const known = new Set<string>();
  let [hasWritten, isDying] = [false, false];
  let incidents: Incidents;

  const commit = store.commit;
  store.commit = async (changes) => {
    hasWritten = true;
    await commit(changes);
  };
  const publish = async (_queue: string, messages: { id: string; body: IncidentEvent }[]) => {
    if (isDying) throw new Error("killed");
    for (const { id, body } of messages.filter((message) => !known.has(message.id))) {
      known.add(id);
      history.told.push({ atMs: clock.trueNow(), runs: history.runs.get(body.check!.id)!.length, event: fromBinary(IncidentEventSchema, toBinary(IncidentEventSchema, body)) });
    }
  };

  const begin = async () => {
    incidents = await createIncidents({
      store,
      queue: { publish } as unknown as Queue,
      clock,
      ids: createIds(() => clock.trueNow()),
      log: silentLog,
      telemetry: createTelemetry(),
      reopenWindowMs,
      retentionMs: Infinity,
      coveringAt: (_tenant, labels, wallMs) => (isInWindow(checks.get(labels["checkId"]!)!, wallMs) ? { windowId: "mnt_1" } : undefined),
      connectivity: () => answerOf(truth, clock, random),
      ...(rules && { rules }),
    });
    incidents.begin();
  };

  return {
    begin,
    async take(batch: TakenResult[]) {
      await incidents.takeResults(batch);
      if (hasWritten) await settled();
      hasWritten = false;
    },
    /** Between the commit and everything after it: events, acknowledgement, memory. */
    async dieAfter(batch: TakenResult[]) {
      isDying = true;
      await incidents.takeResults(batch);
      await settled();
      clock.forgetTimers();
      isDying = false;
      history.kills.push(clock.trueNow());
      await begin();
    },
    stop: () => incidents.stop(),
  };
}

/** The order of the results of one check at one location stays; that is what the queue promises. */
function createRunner(truth: Truth, history: History, random: Random) {
  let sequence = 0;
  const messages = new Map(truth.checks.map((check) => [check.id, messageOf(check)]));
  const failing = new Map<string, number>();
  const lied = new Map<string, number>();

  /** Rarely a run fails although all is well, or is good amid a long outage; never two in a row, and never close to a change. */
  const lies = (check: TrueCheck, location: string, atMs: number): boolean => {
    const around = { fromMs: atMs - 4 * check.everyMs, toMs: atMs + 4 * check.everyMs };
    if (random() > 0.01 || truth.ownOutages.some((own) => overlaps(own, around))) return false;
    const key = `${check.id} ${location}`;
    const isQuietAround = [-3, -2, -1, 1, 2, 3].every((runs) => (outageAt(check, location, atMs + runs * check.everyMs) === undefined) === (outageAt(check, location, atMs) === undefined));
    if (!isQuietAround || atMs - (lied.get(key) ?? -Infinity) < 30 * check.everyMs) return false;
    if (outageAt(check, location, atMs) && (failing.get(key) ?? 0) < check.failureThreshold + 2) return false;
    lied.set(key, atMs);
    return true;
  };

  const runAt = (check: TrueCheck, location: string, atMs: number): TakenResult => {
    // Our own network is that of home.
    const own = location === homeLocation ? near(truth.ownOutages, atMs).find((span) => isIn(span, atMs)) : undefined;
    const outage = outageAt(check, location, atMs);
    const isLie = own === undefined && lies(check, location, atMs);
    const isObserved = own ? atMs < own.fromMs + own.noticedMs : random() > 0.002;
    const isDown = own !== undefined || (outage !== undefined) !== isLie;
    const status = !isObserved ? "unknown" : isDown ? "down" : "up";
    const key = `${check.id} ${location}`;
    if (isObserved && !own) failing.set(key, isDown ? (failing.get(key) ?? 0) + 1 : 0);
    const kind = own ? "connect_unreachable" : (outage?.kind ?? "http_status");
    const wallMs = Math.round(wallAt(truth, atMs));
    const isEvidence = isObserved && !own && !(isDown && isInWindow(check, wallMs));
    history.runs.get(check.id)!.push({ location, atMs, wallMs, said: !isEvidence ? "nothing" : isDown ? "failing" : "good" });
    const result = { id: `run_${++sequence}`, checkId: check.id, location, status, ...(status === "down" && { error: { hash: `${check.id} down`, kind, message: kind } }) };
    return { tenantId: "ten_1", body: { check: messages.get(check.id)!, result, sequence, status, location, startedAtMs: wallMs, traceparent: "" } as TakenResult["body"] };
  };

  return {
    /** What has come in the step that ends now. A run takes its timeout, good or not. */
    due(nowMs: number): TakenResult[] {
      const batch: TakenResult[] = [];
      for (const check of truth.checks) {
        const untilMs = nowMs - check.timeoutMs - check.phaseMs;
        const slot = Math.floor(untilMs / check.everyMs);
        if (slot < 0 || slot * check.everyMs <= untilMs - stepMs) continue;
        const atMs = slot * check.everyMs + check.phaseMs;
        for (const location of check.locations) {
          if (check.locations.length === 1 || !near(truth.deadLocations, atMs).some((dead) => dead.location === location && isIn(dead, atMs))) batch.push(runAt(check, location, atMs));
        }
      }
      return shuffled(random, batch);
    },
  };
}

/** Slow, at times, and sometimes never there. Only our own outages are called that. */
function answerOf(truth: Truth, clock: SimulatedClock, random: Random): Promise<"online" | "offline" | "unknown"> {
  const isOffline = () => truth.ownOutages.some((span) => isIn(span, clock.trueNow()));
  const wasOffline = isOffline();
  const [delayMs, kind] = [random() * slowestAnswerMs, random()];
  return new Promise((resolve) => {
    clock.after(delayMs, () => {
      if (wasOffline || isOffline()) resolve("offline");
      else if (kind < 0.8) resolve(kind < 0.5 ? "online" : "unknown");
    });
  });
}

interface SimulatedClock extends Clock {
  trueNow(): number;
  /** True when a timer was due. */
  moveTo(atMs: number): Promise<boolean>;
  forgetTimers(): void;
}

function createSimulatedClock(truth: Truth): SimulatedClock {
  let nowMs = 0;
  const timers = new Set<{ due: number; fn: () => void; periodMs: number }>();
  const add = (delayMs: number, fn: () => void, periodMs: number) => {
    const timer = { due: nowMs + delayMs, fn, periodMs };
    timers.add(timer);
    return { cancel: () => void timers.delete(timer) };
  };
  return {
    now: () => Math.round(wallAt(truth, nowMs)),
    monotonic: () => nowMs,
    trueNow: () => nowMs,
    after: (delayMs, fn) => add(delayMs, fn, 0),
    every: (periodMs, fn) => add(periodMs, fn, periodMs),
    forgetTimers: () => timers.clear(),
    async moveTo(atMs) {
      let fired = false;
      for (;;) {
        const next = [...timers].filter((timer) => timer.due <= atMs).sort((a, b) => a.due - b.due)[0];
        if (!next) break;
        nowMs = Math.max(nowMs, next.due);
        if (next.periodMs > 0) next.due += next.periodMs;
        else timers.delete(next);
        next.fn();
        fired = true;
        await settled();
      }
      nowMs = atMs;
      return fired;
    },
  };
}

function messageOf(check: TrueCheck): Check {
  const { id, failureThreshold, recoveryThreshold, dependsOn, host, timeoutMs, locations } = check;
  return create(CheckSchema, { id, tenantId: "ten_1", name: id, type: "http", target: { url: `https://${host}/` }, failureThreshold, recoveryThreshold, dependsOn, timeoutMs, quorum: "majority", locations });
}

function shuffled<T>(random: Random, items: T[]): T[] {
  return items.map((item) => [random(), item] as const).sort((a, b) => a[0] - b[0]).map(([, item]) => item);
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
