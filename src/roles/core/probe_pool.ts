/**
 * The probe workers as the main thread sees them: hands out runs in batches, gets results back, and replaces a worker that died.
 * One that dies right at its start is likely to do so again, so its successor waits, each time twice as long. Meanwhile the
 * others run everything; when there is no other, a run ends as unknown at once.
 */
import { toBinary } from "@bufbuild/protobuf";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import { sleep, type Clock } from "#kernel/clock";
import type { EgressRules } from "#kernel/egress";
import type { Log } from "#kernel/log";
import { resultStatuses, type ResultStatus } from "#ports/results";
import type { Failure } from "./net/failure.ts";
import { resultColumns as column, resultWidth, wanted, type FromWorker, type ToWorker, type Wanted } from "./probe_protocol.ts";
import type { Timings } from "./probes/probe.ts";
import type { RunDetail } from "./run.ts";

/** A run as it comes back; numbers as in `StoredResult`. */
export interface FinishedRun extends Timings {
  status: ResultStatus;
  startedAtMs: number;
  finishedAtMs: number;
  code: number;
  bodyBytes: number;
  attempts: number;
  error: Failure | undefined;
  detail: RunDetail | undefined;
}

export interface ProbePool {
  /** Runs a check. `done` is called once, in the same batch as others that came back together. */
  run(check: Check, wants: Wanted, done: (run: FinishedRun) => void): void;
  /** Called after each batch of results has been handed to its `done`s. */
  onBatch(listener: () => void): void;
  forget(checkId: string): void;
  setRules(rules: EgressRules, privateAllowed: boolean): void;
  readonly inFlight: number;
  stop(): void;
}

export interface ProbePoolOptions {
  workers: number;
  log: Log;
  clock: Clock;
  descriptors(tenantId: string, protoSetId: string): Promise<Uint8Array>;
  /** A test that wants to kill a worker makes them itself. */
  startWorker?: () => Worker;
}

interface Thread {
  worker: Worker;
  /** Number under which this worker knows a check, by the check itself: a new version is a new object. */
  known: Map<string, { no: number; check: Check }>;
  starts: number[];
  running: Map<number, (run: FinishedRun) => void>;
  /** On the monotonic clock. */
  startedMs: number;
  /** How long it was waited for, after one that died at its start. */
  pauseMs: number;
}

const settledAfterMs = 1_000;
const firstPauseMs = 100;
const longestPauseMs = 10_000;

export function createProbePool({ workers, log, clock, descriptors, startWorker = () => new Worker(workerUrl()) }: ProbePoolOptions): ProbePool {
  let threads: Thread[] = [];
  let rules: Extract<ToWorker, { type: "rules" }> | undefined;
  let runs = 0;
  let numbers = 0;
  let stranded: ((run: FinishedRun) => void)[] = [];
  const stopping = new AbortController();
  let scheduled = false;
  let listener = () => {};

  const begin = (pauseMs: number): void => {
    const thread: Thread = { worker: startWorker(), known: new Map(), starts: [], running: new Map(), startedMs: clock.monotonic(), pauseMs };
    thread.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(thread, data);
    thread.worker.onerror = (event) => {
      event.preventDefault();
      log.error("a probe worker failed", { reason: event.message });
    };
    thread.worker.addEventListener("close", () => replace(thread));
    if (rules) thread.worker.postMessage(rules);
    threads.push(thread);
  };

  const replace = (dead: Thread) => {
    if (stopping.signal.aborted) return;
    const pauseMs = clock.monotonic() - dead.startedMs < settledAfterMs ? Math.min(Math.max(dead.pauseMs * 2, firstPauseMs), longestPauseMs) : 0;
    log.error("a probe worker died and is replaced", { runs: dead.running.size, pauseMs });
    threads = threads.filter((thread) => thread !== dead);
    if (pauseMs === 0) begin(0);
    // Rejects when the pool stops, and then nobody is waited for.
    else sleep(clock, pauseMs, stopping.signal).then(() => begin(pauseMs), () => {});
    lose(dead.running.values(), "the probe worker died during this run");
  };

  /** Not known to be down: it is our own fault that nobody looked. */
  const lose = (dones: Iterable<(run: FinishedRun) => void>, why: string) => {
    for (const done of dones) done(lost(clock.now(), why));
    listener();
  };

  /** Ends in a moment, as no caller expects its answer before it has asked. */
  const strand = (done: (run: FinishedRun) => void) => {
    if (stranded.push(done) > 1) return;
    queueMicrotask(() => {
      const all = stranded;
      stranded = [];
      lose(all, "no probe worker is running: each died at its start, and the next is waited for");
    });
  };

  const receive = (thread: Thread, message: FromWorker) => {
    if (message.type === "results") {
      const details = new Map(message.details.map((one) => [one.run, one]));
      for (let at = 0; at < message.rows.length; at += resultWidth) {
        const run = message.rows[at]!;
        const done = thread.running.get(run);
        thread.running.delete(run);
        done?.(finishedRun(message.rows, at, message.rows[at + column.hasDetail] === 1 ? details.get(run) : undefined));
      }
      listener();
    } else if (message.type === "descriptors") {
      const { request } = message;
      descriptors(message.tenantId, message.protoSetId).then(
        (bytes) => thread.worker.postMessage({ type: "descriptors", request, descriptors: bytes, problem: "" } satisfies ToWorker),
        (error: Error) => thread.worker.postMessage({ type: "descriptors", request, descriptors: undefined, problem: error.message } satisfies ToWorker),
      );
    }
  };

  const sendStarts = () => {
    scheduled = false;
    for (const thread of threads) {
      if (thread.starts.length === 0) continue;
      const rows = Float64Array.from(thread.starts);
      thread.starts = [];
      thread.worker.postMessage({ type: "start", rows } satisfies ToWorker, [rows.buffer]);
    }
  };

  const tell = (thread: Thread, check: Check): number => {
    // A test has no id and is told anew each time.
    const key = check.id === "" ? `test ${runs}` : check.id;
    const known = thread.known.get(key);
    if (known?.check === check) return known.no;
    const no = known?.no ?? ++numbers;
    thread.known.set(key, { no, check });
    thread.worker.postMessage({ type: "check", no, check: toBinary(CheckSchema, check) } satisfies ToWorker);
    return no;
  };

  const forget = (key: string) => {
    for (const thread of threads) {
      const known = thread.known.get(key);
      if (!known) continue;
      thread.known.delete(key);
      thread.worker.postMessage({ type: "forget", no: known.no } satisfies ToWorker);
    }
  };

  for (let i = 0; i < workers; i++) begin(0);

  return {
    run(check, wants, done) {
      if (threads.length === 0) return strand(done);
      const thread = threads[++runs % threads.length]!;
      const number = runs;
      const no = tell(thread, check);
      if (check.id === "") {
        const key = `test ${number}`;
        thread.running.set(number, (run) => {
          forget(key);
          done(run);
        });
      } else {
        thread.running.set(number, done);
      }
      thread.starts.push(number, no, wanted[wants]);
      if (scheduled) return;
      scheduled = true;
      queueMicrotask(sendStarts);
    },
    onBatch: (next) => void (listener = next),
    forget,
    setRules(next, privateAllowed) {
      // Asked for every second and changed hardly ever; workers compile what they are sent.
      if (rules?.rules === next && rules.privateAllowed === privateAllowed) return;
      rules = { type: "rules", rules: next, privateAllowed };
      for (const thread of threads) thread.worker.postMessage(rules);
    },
    get inFlight() {
      return threads.reduce((sum, thread) => sum + thread.running.size, stranded.length);
    },
    stop() {
      stopping.abort();
      for (const { worker } of threads) worker.postMessage({ type: "stop" } satisfies ToWorker);
    },
  };
}

/** In the compiled executable the worker is an entry point of its own, embedded under the path it has in the source tree. */
function workerUrl(): string | URL {
  return import.meta.url.includes("/$bunfs/") ? "./src/roles/core/probe_worker.js" : new URL("./probe_worker.ts", import.meta.url);
}

function finishedRun(rows: Float64Array, at: number, text: { error: Failure | undefined; detail: RunDetail } | undefined): FinishedRun {
  return {
    status: resultStatuses[rows[at + column.status]!]!,
    startedAtMs: rows[at + column.startedAtMs]!,
    finishedAtMs: rows[at + column.finishedAtMs]!,
    latencyMs: rows[at + column.latencyMs]!,
    dnsMs: rows[at + column.dnsMs]!,
    connectMs: rows[at + column.connectMs]!,
    tlsMs: rows[at + column.tlsMs]!,
    firstByteMs: rows[at + column.firstByteMs]!,
    transferMs: rows[at + column.transferMs]!,
    code: rows[at + column.code]!,
    bodyBytes: rows[at + column.bodyBytes]!,
    attempts: rows[at + column.attempts]!,
    error: text?.error,
    detail: text?.detail,
  };
}

function lost(nowMs: number, why: string): FinishedRun {
  const none = Number.NaN;
  return {
    status: "unknown",
    startedAtMs: nowMs,
    finishedAtMs: nowMs,
    latencyMs: 0,
    dnsMs: none,
    connectMs: none,
    tlsMs: none,
    firstByteMs: none,
    transferMs: none,
    code: 0,
    bodyBytes: 0,
    attempts: 1,
    error: { kind: "internal", message: why },
    detail: undefined,
  };
}
