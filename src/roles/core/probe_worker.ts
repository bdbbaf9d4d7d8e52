/**
 * A thread of its own for the probes, so that a busy API never makes a fast site look slow. Started at boot, kept for ever.
 * The entry of a worker: everything here is wiring; what a run is stands in run.ts.
 */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { systemClock, type Timer } from "#kernel/clock";
import { rulesFor } from "#kernel/egress";
import { failpoint } from "#kernel/failpoint";
import { resultStatuses } from "#ports/results";
import { createBaselineLoader } from "./baseline_loader.ts";
import { createDescriptorLoader } from "./descriptor_loader.ts";
import { createStallWatch } from "./net/stall.ts";
import { resultColumns as column, resultWidth, startWidth, wanted, type FromWorker, type SentDetail, type ToWorker } from "./probe_protocol.ts";
import { createPreparedChecks } from "./prepared_checks.ts";
import { startRun, type Run, type RunEnvironment } from "./run.ts";

declare const self: Worker;

/** Results that nobody waits for travel together with those of this long. */
const gatherMs = 25;

const checks = createPreparedChecks(environmentOf);
/** What the checks of one tenant run in; changed in place when the rules change. */
const environments = new Map<string, RunEnvironment>();
let rules: Extract<ToWorker, { type: "rules" }> = { type: "rules", rules: { allow: [], deny: [], own: [], grants: {} }, privateAllowed: false };
const stalls = createStallWatch(systemClock);
const loader = createDescriptorLoader(systemClock, (request) => post(request, []));
const baselines = createBaselineLoader((request) => post(request, []));
let rows = new Float64Array(256 * resultWidth);
let count = 0;
let details: SentDetail[] = [];
let gathering: Timer | undefined;
let urgent = false;

function post(message: FromWorker, transfer: ArrayBuffer[]): void {
  self.postMessage(message, transfer);
}

function flush(): void {
  gathering?.cancel();
  gathering = undefined;
  urgent = false;
  if (count === 0) return;
  const full = rows.slice(0, count * resultWidth);
  const text = details;
  count = 0;
  details = [];
  failpoint("probe_results_posted");
  post({ type: "results", rows: full, details: text }, [full.buffer]);
}

function finished(run: Run, number: number, wants: number): void {
  if ((count + 1) * resultWidth > rows.length) {
    const larger = new Float64Array(rows.length * 2);
    larger.set(rows);
    rows = larger;
  }
  const at = count * resultWidth;
  const hasDetail = wants !== wanted.numbers || run.status !== "up" || run.attempts > 1;
  rows[at + column.run] = number;
  rows[at + column.status] = resultStatuses.indexOf(run.status);
  rows[at + column.startedAtMs] = run.startedAtMs;
  rows[at + column.finishedAtMs] = run.finishedAtMs;
  rows[at + column.latencyMs] = run.latencyMs;
  rows[at + column.dnsMs] = run.dnsMs;
  rows[at + column.connectMs] = run.connectMs;
  rows[at + column.tlsMs] = run.tlsMs;
  rows[at + column.firstByteMs] = run.firstByteMs;
  rows[at + column.transferMs] = run.transferMs;
  rows[at + column.code] = run.code;
  rows[at + column.bodyBytes] = run.bodyBytes;
  rows[at + column.attempts] = run.attempts;
  rows[at + column.probeLagMs] = run.probeLagMs;
  rows[at + column.lostSyns] = run.lostSyns;
  rows[at + column.again] = run.again ? 1 : 0;
  rows[at + column.hasDetail] = hasDetail ? 1 : 0;
  if (hasDetail) {
    const isBrief = wants === wanted.detail && run.status === "up" && run.attempts === 1;
    details.push(isBrief ? JSON.stringify(run.detail()) : { error: run.error, detail: run.detail(wants === wanted.excerpt) });
  }
  count++;
  // Somebody waits for a run that is not up, or that was asked for: it leaves at the end of this turn.
  if (run.status !== "up" || wants === wanted.excerpt) {
    if (!urgent) setImmediate(flush);
    urgent = true;
  } else {
    gathering ??= systemClock.after(gatherMs, flush);
  }
}

function environmentOf({ tenantId, type, id }: Check): RunEnvironment {
  const ofTenant = tenantEnvironment(tenantId);
  const remembers = type === "graphql" && id !== "";
  return remembers ? Object.assign(Object.create(ofTenant) as RunEnvironment, { baseline: baselines.of(tenantId, id) }) : ofTenant;
}

function tenantEnvironment(tenantId: string): RunEnvironment {
  let known = environments.get(tenantId);
  if (!known) {
    known = { clock: systemClock, egress: rulesFor(rules.rules, tenantId), privateAllowed: rules.privateAllowed, stalls, descriptors: (protoSetId) => loader.load(tenantId, protoSetId) };
    environments.set(tenantId, known);
  }
  return known;
}

// As `dispatch-ahead` at most: a clock that is set back while a row waits must not make its check stand still until the clock has caught up.
const longestWaitMs = 1_000;

/** Rows come some time before they are due, and those of one bunch are due together. */
function schedule(rows: Float64Array): void {
  const now = systemClock.now();
  for (let from = 0; from < rows.length; ) {
    const startAtMs = rows[from + 2]!;
    let to = from + startWidth;
    while (to < rows.length && rows[to + 2] === startAtMs) to += startWidth;
    const bunch = rows.subarray(from, to);
    if (startAtMs <= now) start(bunch);
    else systemClock.after(Math.min(startAtMs - now, longestWaitMs), () => start(bunch));
    from = to;
  }
}

/**
 * A few in each turn of the loop: an answer to the first of a bunch must not wait, and be taken for slow, until the last one has
 * been started.
 */
const startsInTurn = 8;

function start(rows: Float64Array): void {
  const end = Math.min(rows.length, startsInTurn * startWidth);
  if (end < rows.length) setImmediate(start, rows.subarray(end));
  const nowMs = systemClock.monotonic();
  for (let at = 0; at < end; at += startWidth) {
    const number = rows[at]!;
    const { prepared, environment } = checks.get(rows[at + 1]!, nowMs);
    const wants = rows[at + 3]!;
    failpoint("probe_begun", prepared.id);
    const retrying = { retries: rows[at + 4]!, handsOver: rows[at + 5] === 1 };
    startRun(prepared, environment, (run) => finished(run, number, wants), retrying);
  }
}

/** A run of a check that is being forgotten may have been handed over and not be due yet: it still finds its check. */
const forgetAfterMs = 5_000;

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case "rules":
      rules = data;
      for (const [tenantId, environment] of environments) {
        environment.egress = rulesFor(data.rules, tenantId);
        environment.privateAllowed = data.privateAllowed;
      }
      return;
    case "check":
      return checks.set(data.no, data.check);
    case "forget":
      systemClock.after(forgetAfterMs, () => checks.delete(data.no));
      return;
    case "start":
      return schedule(data.rows);
    case "descriptors":
      return loader.answer(data);
    case "baseline":
      return baselines.answer(data);
    case "stop":
      return process.exit(0);
  }
};

post({ type: "ready" }, []);
