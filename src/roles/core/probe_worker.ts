/**
 * A thread of its own for the probes, so that a busy API never makes a fast site look slow. Started at boot, kept for ever.
 * The entry of a worker: everything here is wiring; what a run is stands in run.ts.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { systemClock, type Timer } from "#kernel/clock";
import { resultStatuses } from "#ports/results";
import { createDescriptorLoader } from "./descriptor_loader.ts";
import { resultColumns as column, resultWidth, startWidth, wanted, type FromWorker, type ToWorker } from "./probe_protocol.ts";
import { prepareCheck, startRun, type PreparedCheck, type Run, type RunEnvironment } from "./run.ts";

declare const self: Worker;

/** Results that nobody waits for travel together with those of this long. */
const gatherMs = 25;

const checks = new Map<number, { prepared: PreparedCheck; environment: RunEnvironment }>();
const environment = { clock: systemClock, egress: { allow: [], deny: [], own: [] } as RunEnvironment["egress"], privateAllowed: false };
const loader = createDescriptorLoader(systemClock, (request) => post(request, []));
let rows = new Float64Array(256 * resultWidth);
let count = 0;
let details: Extract<FromWorker, { type: "results" }>["details"] = [];
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
  post({ type: "results", rows: full, details: text }, [full.buffer]);
}

function finished(run: Run, number: number, wants: number): void {
  if ((count + 1) * resultWidth > rows.length) {
    const larger = new Float64Array(rows.length * 2);
    larger.set(rows);
    rows = larger;
  }
  const at = count * resultWidth;
  const hasDetail = wants !== wanted.numbers || run.status !== "up";
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
  rows[at + column.hasDetail] = hasDetail ? 1 : 0;
  if (hasDetail) details.push({ run: number, error: run.error, detail: run.detail(wants === wanted.excerpt) });
  count++;
  // Somebody waits for a run that is not up, or that was asked for: it leaves at the end of this turn.
  if (run.status !== "up" || wants === wanted.excerpt) {
    if (!urgent) setImmediate(flush);
    urgent = true;
  } else {
    gathering ??= systemClock.after(gatherMs, flush);
  }
}

function start(started: Float64Array): void {
  for (let at = 0; at < started.length; at += startWidth) {
    const number = started[at]!;
    const check = checks.get(started[at + 1]!)!;
    const wants = started[at + 2]!;
    startRun(check.prepared, check.environment, (run) => finished(run, number, wants));
  }
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case "rules":
      // Changed in place: every check's environment inherits from this one.
      environment.egress = data.rules;
      environment.privateAllowed = data.privateAllowed;
      return;
    case "check": {
      const check = fromBinary(CheckSchema, data.check);
      const own = Object.assign(Object.create(environment) as RunEnvironment, { descriptors: (protoSetId: string) => loader.load(check.tenantId, protoSetId) });
      checks.set(data.no, { prepared: prepareCheck(check), environment: own });
      return;
    }
    case "forget":
      checks.delete(data.no);
      return;
    case "start":
      return start(data.rows);
    case "descriptors":
      return loader.answer(data);
    case "stop":
      return process.exit(0);
  }
};

post({ type: "ready" }, []);
