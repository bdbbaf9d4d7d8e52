/**
 * The probe workers as the main thread sees them, its own and those that other processes lend: hands out runs in batches, gets results
 * back, and replaces a worker that died. What ran on a thread whose process went away runs again on another one of that location.
 * One that dies right at its start is likely to do so again, so its successor waits, each time twice as long. Meanwhile the
 * others run everything; when there is no other, a run ends as unknown at once. What was running on a thread that died runs alone the
 * next time, on a thread of its own (see quarantine.ts).
 */
import { toBinary } from "@bufbuild/protobuf";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import { sleep, type Clock } from "#kernel/clock";
import type { OperatorRules } from "#kernel/egress";
import type { Log } from "#kernel/log";
import { homeLocation } from "#ports/queue";
import type { BaselineKeeper } from "./baselines.ts";
import { finishedRun, joined, lost, type FinishedRun } from "./finished_run.ts";
import { resultColumns as column, resultWidth, wanted, type FromWorker, type ToWorker, type Wanted } from "./probe_protocol.ts";
import { startProbeThread, type ProbeThread } from "./probe_thread.ts";
import { createQuarantine, mostDeaths } from "./quarantine.ts";

/** Whoever wants to know how a run ended. */
export interface RunOwner {
  /** What is run; absent when it is not saved. */
  readonly check?: Check;
  /** The check has killed its thread once too often, and is held from now on. Called before the end. */
  held?(why: string): void;
  /** Called once, in the same batch as others that came back together, and never from inside `run`. */
  ended(run: FinishedRun): void;
}

export interface ProbePool {
  /** Starts at `startAtMs` on the wall clock, at once when that is past; at home when no location is named. */
  run(check: Check, wants: Wanted, owner: RunOwner, startAtMs?: number, location?: string): void;
  /** A thread of another process, for as long as it lasts; `hasDied` tells, when it is gone, whether it died of what it ran. */
  attach(thread: ProbeThread, from: ThreadOrigin, hasDied: () => boolean): void;
  /** Where there are threads, those of this process included. */
  locations(): { location: string; processes: number; threads: number }[];
  /** Called after each batch of results has been handed to its owners. */
  onBatch(listener: () => void): void;
  forget(checkId: string): void;
  setRules(rules: OperatorRules, privateAllowed: boolean): void;
  /** Ids of the checks that are held because they kill the thread that runs them. */
  heldChecks(): string[];
  readonly inFlight: number;
  stop(): void;
}

export interface ThreadOrigin {
  location: string;
  /** Name of the process that lends it. */
  process: string;
}

export interface ProbePoolOptions {
  workers: number;
  log: Log;
  clock: Clock;
  descriptors(tenantId: string, protoSetId: string): Promise<Uint8Array>;
  baselines: BaselineKeeper;
  /** A test that wants to kill a worker makes them itself. */
  startWorker?: () => ProbeThread;
}

interface Thread {
  worker: ProbeThread;
  from: ThreadOrigin;
  /** Number under which this worker knows a check, by the check itself: a new version is a new object. */
  known: Map<string, { no: number; check: Check }>;
  starts: number[];
  running: Map<number, Start>;
  /** On the monotonic clock. */
  startedMs: number;
  /** How long it was waited for, after one that died at its start. */
  pauseMs: number;
}

interface Start {
  check: Check;
  wants: Wanted;
  owner: RunOwner;
  startAtMs: number;
  location: string;
  /** Made by the worker itself. */
  retries: number;
  handsOver: boolean;
}

/** A run whose failure the other workers confirm, one attempt each: what keeps one thread from seeing straight is not the target's fault. */
class ConfirmedRun implements RunOwner {
  #earlier: FinishedRun | undefined = undefined;

  constructor(
    readonly check: Check,
    private readonly owner: RunOwner,
    private readonly again: (later: RunOwner, handsOver: boolean) => void,
  ) {}

  ended(run: FinishedRun): void {
    const whole = this.#earlier ? joined(this.#earlier, run) : run;
    if (!run.again) return this.owner.ended(whole);
    this.#earlier = whole;
    this.again(this, whole.attempts < this.check.retries);
  }
}

const whyHeld = `this check is not run any more: the thread that ran it died ${mostDeaths} times; it runs again once it is changed`;
const own: ThreadOrigin = { location: homeLocation, process: "" };
const none: Thread[] = [];
const settledAfterMs = 1_000;
const firstPauseMs = 100;
const longestPauseMs = 10_000;

export function createProbePool({ workers, log, clock, descriptors, baselines, startWorker = startProbeThread }: ProbePoolOptions): ProbePool {
  /** By location; those of this process are at home. */
  const threadsAt = new Map<string, Thread[]>([[homeLocation, []]]);
  let rules: Extract<ToWorker, { type: "rules" }> | undefined;
  let runs = 0;
  let turns = 0;
  let numbers = 0;
  let confirming = 0;
  let stranded: { owner: RunOwner; why: string }[] = [];
  const quarantine = createQuarantine();
  /** Suspects, one after the other, and the thread that they have for themselves. */
  let alone: Start[] = [];
  let cell: Thread | undefined;
  const stopping = new AbortController();
  let scheduled = false;
  let listener = () => {};

  const everyThread = () => [...threadsAt.values()].flat().concat(cell ?? []);

  const openThread = (worker: ProbeThread, from: ThreadOrigin, pauseMs: number, onDeath: (thread: Thread) => void): Thread => {
    const thread: Thread = { worker, from, known: new Map(), starts: [], running: new Map(), startedMs: clock.monotonic(), pauseMs };
    thread.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => receive(thread, data);
    thread.worker.onerror = (event) => {
      event.preventDefault();
      log.error("a probe worker failed", { reason: event.message });
    };
    thread.worker.addEventListener("close", () => onDeath(thread));
    if (rules) thread.worker.postMessage(rules);
    return thread;
  };

  const add = (thread: Thread) => threadsAt.set(thread.from.location, [...(threadsAt.get(thread.from.location) ?? []), thread]);
  const remove = (thread: Thread) => threadsAt.set(thread.from.location, threadsAt.get(thread.from.location)!.filter((one) => one !== thread));

  const begin = (pauseMs: number): void => void add(openThread(startWorker(), own, pauseMs, replace));

  const runAlone = (): void => {
    if (alone.length === 0 || (cell && cell.running.size > 0)) return;
    cell ??= openThread(startWorker(), own, 0, closeCell);
    start(cell, alone.shift()!);
  };

  const closeCell = (dead: Thread): void => {
    if (stopping.signal.aborted) return;
    cell = undefined;
    loseAll(dead);
    runAlone();
  };

  const replace = (dead: Thread) => {
    if (stopping.signal.aborted) return;
    const pauseMs = clock.monotonic() - dead.startedMs < settledAfterMs ? Math.min(Math.max(dead.pauseMs * 2, firstPauseMs), longestPauseMs) : 0;
    log.error("a probe worker died and is replaced", { runs: dead.running.size, pauseMs });
    remove(dead);
    if (pauseMs === 0) begin(0);
    // Rejects when the pool stops, and then nobody is waited for.
    else sleep(clock, pauseMs, stopping.signal).then(() => begin(pauseMs), () => {});
    loseAll(dead);
  };

  /** Nobody knows how far it came with what it ran: that runs again elsewhere, and nothing of it was stored. */
  const leave = (gone: Thread, hasDied: boolean): void => {
    remove(gone);
    if (stopping.signal.aborted) return;
    if (hasDied) return loseAll(gone);
    for (const start of gone.running.values()) onAnyThread(start);
  };

  const loseAll = (dead: Thread): void => {
    const owners = [...dead.running.values()].map((start) => start.owner);
    for (const owner of owners) {
      if (!owner.check || !quarantine.died(owner.check)) continue;
      log.error("a check is not run any more: it kills the thread that runs it", { check: owner.check.id, deaths: mostDeaths });
      owner.held?.(whyHeld);
    }
    lose(owners, "the probe worker died during this run");
  };

  /** Not known to be down: it is our own fault that nobody looked. */
  const lose = (owners: Iterable<RunOwner>, why: string) => {
    for (const owner of owners) owner.ended(lost(clock.now(), why));
    listener();
  };

  /** Ends in a moment, as no caller expects its answer before it has asked. */
  const strand = (owner: RunOwner, why: string) => {
    if (stranded.push({ owner, why }) > 1) return;
    queueMicrotask(() => {
      const all = stranded;
      stranded = [];
      for (const one of all) one.owner.ended(lost(clock.now(), one.why));
      listener();
    });
  };

  const receive = (thread: Thread, message: FromWorker) => {
    if (message.type === "results") {
      const { rows, details } = message;
      // Details come in the order of the rows that have one.
      let detail = 0;
      for (let at = 0; at < rows.length; at += resultWidth) {
        const run = rows[at]!;
        const owner = thread.running.get(run)?.owner;
        const text = rows[at + column.hasDetail] === 1 ? details[detail++] : undefined;
        thread.running.delete(run);
        if (thread === cell && owner?.check) quarantine.survived(owner.check);
        owner?.ended(finishedRun(rows, at, text, thread.worker.network));
      }
      listener();
      if (thread === cell) runAlone();
    } else if (message.type === "descriptors") {
      const { request } = message;
      descriptors(message.tenantId, message.protoSetId).then(
        (bytes) => thread.worker.postMessage({ type: "descriptors", request, descriptors: bytes, problem: "" } satisfies ToWorker),
        (error: Error) => thread.worker.postMessage({ type: "descriptors", request, descriptors: undefined, problem: error.message } satisfies ToWorker),
      );
    } else if (message.type === "baseline") {
      const { request } = message;
      baselines.answer(message.ask).then(
        (found) => thread.worker.postMessage({ type: "baseline", request, found, problem: "" } satisfies ToWorker),
        (error: Error) => thread.worker.postMessage({ type: "baseline", request, found: undefined, problem: error.message } satisfies ToWorker),
      );
    }
  };

  const sendStarts = () => {
    scheduled = false;
    for (const thread of everyThread()) {
      if (thread.starts.length === 0) continue;
      const rows = new Float64Array(thread.starts);
      thread.starts = [];
      thread.worker.postMessage({ type: "start", rows } satisfies ToWorker, [rows.buffer]);
    }
  };

  const tell = (thread: Thread, check: Check): number => {
    // A test has no id and is told anew each time.
    const key = check.id === "" ? `test ${runs}` : check.id;
    const known = thread.known.get(key);
    // One that came through a queue is another object each time; its version says whether it is another check.
    if (known && (known.check === check || (check.version > 0 && known.check.version === check.version))) return known.no;
    const no = known?.no ?? ++numbers;
    thread.known.set(key, { no, check });
    thread.worker.postMessage({ type: "check", no, check: toBinary(CheckSchema, check) } satisfies ToWorker);
    return no;
  };

  const forget = (key: string) => {
    for (const thread of everyThread()) {
      const known = thread.known.get(key);
      if (!known) continue;
      thread.known.delete(key);
      thread.worker.postMessage({ type: "forget", no: known.no } satisfies ToWorker);
    }
  };

  const start = (thread: Thread, begun: Start) => {
    const { check, wants, owner, startAtMs, retries, handsOver } = begun;
    const number = ++runs;
    const no = tell(thread, check);
    if (check.id === "") {
      const key = `test ${number}`;
      const ended = (run: FinishedRun) => {
        forget(key);
        owner.ended(run);
      };
      thread.running.set(number, { ...begun, owner: { ended } });
    } else {
      thread.running.set(number, begun);
    }
    thread.starts.push(number, no, startAtMs, wanted[wants], retries, handsOver ? 1 : 0);
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(sendStarts);
  };

  const onAnyThread = (begun: Start): void => {
    const threads = threadsAt.get(begun.location) ?? none;
    if (threads.length > 0) return start(threads[++turns % threads.length]!, begun);
    strand(begun.owner, begun.location === homeLocation ? "no probe worker is running: each died at its start, and the next is waited for" : `no core runs at the location ${begun.location}`);
  };

  for (let i = 0; i < workers; i++) begin(0);

  return {
    run(check, wants, owner, startAtMs = 0, named = homeLocation) {
      // A task of an older version names none.
      const location = named || homeLocation;
      if (quarantine.isHeld(check)) return strand(owner, whyHeld);
      if (location === homeLocation && quarantine.isSuspect(check)) {
        alone.push({ check, wants, owner, startAtMs, location, retries: check.retries, handsOver: false });
        return runAlone();
      }
      const threads = threadsAt.get(location) ?? none;
      if (threads.length <= 1 || check.retries === 0) return onAnyThread({ check, wants, owner, startAtMs, location, retries: check.retries, handsOver: false });
      const confirmed = new ConfirmedRun(check, owner, (later, handsOver) => {
        confirming++;
        clock.after(check.retryDelayMs, () => {
          confirming--;
          onAnyThread({ check, wants, owner: later, startAtMs: 0, location, retries: 0, handsOver });
        });
      });
      onAnyThread({ check, wants, owner: confirmed, startAtMs, location, retries: 0, handsOver: true });
    },
    attach: (thread, from, hasDied) => void add(openThread(thread, from, 0, (gone) => leave(gone, hasDied()))),
    locations: () =>
      [...threadsAt].flatMap(([location, threads]) => (threads.length === 0 ? [] : [{ location, threads: threads.length, processes: new Set(threads.map(({ from }) => from.process)).size }])),
    onBatch: (next) => void (listener = next),
    forget(checkId) {
      forget(checkId);
      quarantine.forget(checkId);
    },
    setRules(next, privateAllowed) {
      // Asked for every second and changed hardly ever; workers compile what they are sent.
      if (rules?.rules === next && rules.privateAllowed === privateAllowed) return;
      rules = { type: "rules", rules: next, privateAllowed };
      for (const thread of everyThread()) thread.worker.postMessage(rules);
    },
    heldChecks: () => quarantine.held(),
    get inFlight() {
      return everyThread().reduce((sum, thread) => sum + thread.running.size, stranded.length + confirming + alone.length);
    },
    stop() {
      stopping.abort();
      for (const { worker } of everyThread()) worker.postMessage({ type: "stop" } satisfies ToWorker);
    },
  };
}
