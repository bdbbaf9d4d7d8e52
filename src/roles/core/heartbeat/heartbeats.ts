/**
 * The heartbeats of all tenants, in memory as in the store: whose token it is, where each job stands, and what that means at a
 * slot. Pings of one check are taken one after the other, each durable before the next; those of others share its commit.
 *
 * Times of pings are wall time. When the wall clock is set, what is in memory moves with it, so that a job is neither late nor
 * excused by it; a machine that slept looks the same, and nobody could have heard a ping meanwhile.
 */
import { createHash, randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { CheckTaskSchema, type CheckTask } from "#contracts/uptimeping/events/v1/events_pb";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import { runIdOf } from "#kernel/ids";
import type { HeartbeatState, HeartbeatStore, HeartbeatToken, StoredHeartbeat, StoredPing } from "#ports/heartbeats";
import { homeLocation } from "#ports/queue";
import type { Vault } from "#ports/vault";
import type { CheckState, Slotted } from "../check_state.ts";
import { runWithoutProbe, type FinishedRun } from "../finished_run.ts";
import { judgeHeartbeat, type Instant, type Judgement, type Span } from "./judge_heartbeat.ts";
import { rulesOf, type HeartbeatRules } from "./rules.ts";
import { durationOf, newHeartbeatState, takePing, type Ping } from "./take_ping.ts";

export interface Heartbeats {
  /** What a task comes to, and the task as it is to be admitted: slots until the first report were not due. Undefined while the check is pending. */
  judge(task: CheckTask): { task: Slotted; run: FinishedRun } | undefined;
  /** Resolves when the ping is on disk; refuses a token that is nobody's with `not_found`. */
  record(token: string, ping: IncomingPing): Promise<void>;
  /** The token of a check, made when it has none yet. */
  token(tenantId: string, checkId: string): Promise<string>;
  /** Another token in its place. */
  rotate(tenantId: string, checkId: string): Promise<string>;
  pings: HeartbeatStore["pings"];
  forget(checkId: string): Promise<void>;
  /** Checks that had a heartbeat when this process started. */
  readonly inherited: readonly string[];
}

export type IncomingPing = Omit<Ping, "atMs"> & Pick<StoredPing, "source" | "userAgent">;

export interface HeartbeatsContext {
  store: HeartbeatStore;
  vault: Vault;
  clock: Clock;
  /** Undefined while the check is not known, or is known no longer. */
  checkOf(checkId: string): Check | undefined;
  stateOf(check: Check): CheckState;
  /** Takes a task of our own: something happened that should be told at once. */
  give(task: CheckTask): void;
  /** When the process before this one was last seen at work; 0 when there was none. */
  lastAliveMs: number;
}

interface Beat {
  tenantId: string;
  checkId: string;
  token: HeartbeatToken;
  state: HeartbeatState;
  /** What the newest task of its schedule said. */
  schedule: Pick<Instant, "cron" | "activeSinceMs">;
  /** Slot of the newest task of our own. */
  toldMs: number;
  /** Settles when the newest ping is on disk. */
  turn: Promise<unknown>;
}

const keptPings = 100;
const tokenBytes = 16;
// The wall clock may wander against the monotonic one; a step larger than this was set by somebody.
const clockStepMs = 1_000;

export async function openHeartbeats(context: HeartbeatsContext): Promise<Heartbeats> {
  const { store, vault, clock, checkOf, stateOf, give } = context;
  const beats = new Map<string, Beat>();
  const byToken = new Map<string, Beat>();
  let wallOffset = clock.now() - clock.monotonic();
  let deaf: Span | undefined;

  const add = ({ tenantId, checkId, token, state }: StoredHeartbeat): Beat => {
    const beat: Beat = { tenantId, checkId, token, state, schedule: { cron: undefined, activeSinceMs: 0 }, toldMs: 0, turn: Promise.resolve() };
    beats.set(checkId, beat);
    byToken.set(token.hash, beat);
    return beat;
  };

  let aliveMs = context.lastAliveMs;
  for (const heartbeat of await store.all()) aliveMs = Math.max(aliveMs, add(heartbeat).state.lastPingAtMs);
  if (aliveMs > 0 && aliveMs < clock.now()) deaf = { fromMs: aliveMs, toMs: clock.now() };

  /** Gives the time, after everything that is remembered was moved along with a clock that was set. */
  const wallNow = (): number => {
    const now = clock.now();
    const step = now - clock.monotonic() - wallOffset;
    wallOffset += step;
    if (Math.abs(step) < clockStepMs) return now;
    for (const beat of beats.values()) beat.state = shifted(beat.state, step);
    if (deaf) deaf = { fromMs: deaf.fromMs + step, toMs: deaf.toMs + step };
    return now;
  };

  const judged = (beat: Beat, check: Check, nowMs: number): Judgement | undefined => judgeHeartbeat(rulesOf(check), beat.state, { nowMs, ...beat.schedule, deaf });

  /** A ping that changed how the check stands is told at once, and not at the next slot. */
  const tell = (beat: Beat, check: Check) => {
    const now = wallNow();
    const judgement = check.enabled ? judged(beat, check, now) : undefined;
    const { status, strip, lastFailure } = stateOf(check);
    const kind = status === "down" ? lastFailure?.error?.kind : undefined;
    if (judgement === undefined || (judgement.status === status && (status !== "down" || judgement.reason?.kind === kind))) return;
    // A slot of its own, since it is by its slot that a result is told from another.
    let slotMs = Math.max(Math.floor(now), beat.toldMs + 1);
    while (strip.hasSlot(slotMs)) slotMs++;
    beat.toldMs = slotMs;
    give(create(CheckTaskSchema, { runId: runIdOf(check.id, slotMs, homeLocation), check, slotMs, location: homeLocation, trigger: "manual" }));
  };

  const take = async (beat: Beat, { source, userAgent, ...incoming }: IncomingPing): Promise<void> => {
    const check = heartbeatOf(checkOf(beat.checkId));
    if (beats.get(beat.checkId) !== beat) throw nobodys();
    const ping: Ping = { ...incoming, atMs: Math.floor(wallNow()) };
    const before = beat.state;
    const state = takePing(before, ping, rulesOf(check));
    const { tenantId, checkId } = beat;
    await store.record({ ...ping, tenantId, checkId, number: state.pings, durationMs: durationOf(before, ping), source, userAgent }, state, keptPings);
    // The clock may have been set while the disk was waited for.
    beat.state = beat.state === before ? state : takePing(beat.state, ping, rulesOf(check));
    tell(beat, check);
  };

  const newToken = (tenantId: string, checkId: string): { plain: string; token: HeartbeatToken } => {
    const plain = randomBytes(tokenBytes).toString("base64url");
    return { plain, token: { hash: hashOf(plain), sealed: vault.seal(placeOf(tenantId, checkId), plain) } };
  };

  const beatOf = async (tenantId: string, checkId: string): Promise<Beat> => {
    const known = beats.get(checkId);
    if (known) return known;
    const made = await store.create({ tenantId, checkId, token: newToken(tenantId, checkId).token, state: newHeartbeatState() });
    return beats.get(checkId) ?? add(made);
  };

  return {
    inherited: [...beats.keys()],
    pings: (tenantId, checkId, page) => store.pings(tenantId, checkId, page),
    judge(task) {
      const beat = beats.get(task.check!.id);
      if (!beat) return undefined;
      if (task.trigger === "schedule") {
        beat.schedule = { cron: { dueMs: task.expectedDueMs, nextMs: task.expectedNextMs }, activeSinceMs: task.dueSinceMs };
      }
      const now = wallNow();
      const judgement = judged(beat, task.check!, now);
      const dueSinceMs = Math.max(task.dueSinceMs, pendingUntilMs(beat.state, rulesOf(task.check!)) + 1);
      const { slotMs, trigger, everyMs, earlierSlotsMs, gapReason } = task;
      return judgement && { task: { slotMs, trigger, everyMs, dueSinceMs, earlierSlotsMs, gapReason }, run: finishedRun(judgement, now) };
    },
    async record(token, ping) {
      const beat = byToken.get(hashOf(token));
      if (!beat) throw nobodys();
      const turn = beat.turn.then(() => take(beat, ping));
      beat.turn = turn.catch(() => {});
      await turn;
    },
    async token(tenantId, checkId) {
      const { token } = await beatOf(tenantId, checkId);
      return vault.open(placeOf(tenantId, checkId), token.sealed);
    },
    async rotate(tenantId, checkId) {
      const beat = await beatOf(tenantId, checkId);
      const { plain, token } = newToken(tenantId, checkId);
      if (!(await store.replaceToken(tenantId, checkId, token))) throw new AppError("not_found", `no check ${JSON.stringify(checkId)}`);
      byToken.delete(beat.token.hash);
      beat.token = token;
      byToken.set(token.hash, beat);
      return plain;
    },
    async forget(checkId) {
      const beat = beats.get(checkId);
      if (!beat) return;
      beats.delete(checkId);
      byToken.delete(beat.token.hash);
      await store.forget(beat.tenantId, checkId);
    },
  };
}

/** SHA-256, so that how long a look-up takes tells nothing about the tokens there are. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function placeOf(tenantId: string, checkId: string) {
  return { tenantId, kind: "heartbeat.token", id: checkId };
}

function nobodys(): AppError {
  return new AppError("not_found", "no check has this ping token");
}

/** A check that was turned into another kind has no job that reports. */
function heartbeatOf(check: Check | undefined): Check {
  if (!check) throw new AppError("unavailable", "the check was created this moment: try again", { retryAfterS: 1 });
  if (check.type !== "heartbeat") throw nobodys();
  return check;
}

/** A job whose first run never ended is known to fail once that run is over its time. */
function pendingUntilMs({ firstEndAtMs, open }: HeartbeatState, { maxRunMs }: HeartbeatRules): number {
  return firstEndAtMs || (open[0] ? open[0].startedAtMs + maxRunMs : 0);
}

function shifted(state: HeartbeatState, byMs: number): HeartbeatState {
  const moved = (ms: number) => (ms === 0 ? 0 : ms + byMs);
  return {
    ...state,
    firstEndAtMs: moved(state.firstEndAtMs),
    lastPingAtMs: moved(state.lastPingAtMs),
    lastSuccessAtMs: moved(state.lastSuccessAtMs),
    lastStartAtMs: moved(state.lastStartAtMs),
    open: state.open.map((run) => ({ ...run, startedAtMs: moved(run.startedAtMs) })),
  };
}

/** The latency of a heartbeat is how long its job ran. */
function finishedRun({ status, reason, observed, assertions, runDurationMs }: Judgement, nowMs: number): FinishedRun {
  return { ...runWithoutProbe(status, nowMs), latencyMs: runDurationMs ?? 0, error: reason, detail: { observed, assertions, attemptDetails: [] } };
}
