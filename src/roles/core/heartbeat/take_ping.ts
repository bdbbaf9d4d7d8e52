/**
 * What a ping changes. Pure: state + ping + rules → state.
 *
 *   start    a run begins. One that began under the same id and never ended is given up; had it run for too long already, the
 *            job stays down for that until it succeeds, or a crash followed by a new start would look like a recovery.
 *   success  the run of this id ends, or a job without runs reports. Clears what the job was down for, and with it every run
 *            that is over its time: the success says that the job works again, and those will never report.
 *   fail     the run of this id ends, and the job is down until it succeeds.
 *   exit     success with code 0, fail with any other; when the check asserts on the exit code, the assertion decides instead.
 *   log      is only kept.
 */
import { formatDuration } from "#kernel/settings";
import { iso } from "#kernel/clock";
import type { HeartbeatState, OpenRun, PingKind } from "#ports/heartbeats";
import type { HeartbeatRules } from "./rules.ts";

export interface Ping {
  kind: PingKind;
  exitCode: number | undefined;
  runId: string;
  atMs: number;
  body: string;
}

/** A job whose runs never end would otherwise fill the memory; the oldest of so many is over its time long ago. */
const mostOpen = 50;
const excerptLength = 2_000;
const quotedLength = 200;

export function newHeartbeatState(): HeartbeatState {
  return { pings: 0, firstEndAtMs: 0, lastPingAtMs: 0, lastSuccessAtMs: 0, lastStartAtMs: 0, open: [], lastEnd: undefined, failure: undefined };
}

export function takePing(before: HeartbeatState, ping: Ping, rules: HeartbeatRules): HeartbeatState {
  const state = { ...before, pings: before.pings + 1, lastPingAtMs: ping.atMs };
  if (ping.kind === "log") return state;
  return ping.kind === "start" ? started(state, ping, rules) : ended(state, ping, rules);
}

/** From the start of the run that this ping ends; undefined when it ends none. */
export function durationOf(before: HeartbeatState, { kind, runId, atMs }: Ping): number | undefined {
  if (kind === "start" || kind === "log") return undefined;
  const run = before.open.find((one) => one.runId === runId);
  return run && Math.max(0, atMs - run.startedAtMs);
}

export function isOverrun(run: OpenRun, nowMs: number, { maxRunMs }: HeartbeatRules): boolean {
  return nowMs - run.startedAtMs > maxRunMs;
}

export function overrunMessage(run: OpenRun, nowMs: number, { maxRunMs }: HeartbeatRules): string {
  return `the run that started at ${iso(run.startedAtMs)} (${ago(nowMs - run.startedAtMs)} ago) has not ended, it may take ${formatDuration(maxRunMs)}`;
}

/** To the second. */
export function ago(ms: number): string {
  return formatDuration(Math.floor(Math.max(0, ms) / 1_000) * 1_000);
}

function started(state: HeartbeatState, { runId, atMs }: Ping, rules: HeartbeatRules): HeartbeatState {
  const lost = state.open.find((one) => one.runId === runId);
  const failure = lost && isOverrun(lost, atMs, rules) ? ({ kind: "heartbeat_overrun", message: overrunMessage(lost, atMs, rules) } as const) : undefined;
  const open = [...state.open.filter((one) => one !== lost), { runId, startedAtMs: atMs }].slice(-mostOpen);
  return { ...state, lastStartAtMs: atMs, open, failure: state.failure ?? failure };
}

function ended(state: HeartbeatState, ping: Ping, rules: HeartbeatRules): HeartbeatState {
  const { runId, atMs, body } = ping;
  const others = state.open.filter((one) => one.runId !== runId);
  const exitCode = ping.kind === "success" ? 0 : ping.kind === "exit" ? ping.exitCode : undefined;
  const lastEnd = { exitCode, durationMs: durationOf(state, ping), excerpt: body.slice(0, excerptLength).toWellFormed() };
  const firstEndAtMs = state.firstEndAtMs || atMs;
  const failed = ping.kind === "fail" || (exitCode !== 0 && !rules.judgesExitCode);
  if (failed) return { ...state, firstEndAtMs, open: others, lastEnd, failure: { kind: "heartbeat_failed", message: failureMessage(exitCode, body) } };
  return { ...state, firstEndAtMs, open: others.filter((one) => !isOverrun(one, atMs, rules)), lastEnd, lastSuccessAtMs: atMs, failure: undefined };
}

function failureMessage(exitCode: number | undefined, body: string): string {
  const what = exitCode === undefined ? "the job reported a failure" : `the job ended with exit code ${exitCode}`;
  const said = body.slice(0, quotedLength).toWellFormed().replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return said === "" ? what : `${what}: ${said}`;
}
