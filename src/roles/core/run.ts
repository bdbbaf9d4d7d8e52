/**
 * One run of one check: up to 1 + retries attempts, each on a fresh connection with fresh DNS; the last one counts.
 * A check is read once per version (`prepareCheck`); a run then allocates little, because a worker starts thousands a
 * second. What people want to see of a run (`detail`) is put together only when somebody asks.
 */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckType, Severity, Source, Operator } from "#ports/assertion_language";
import { compileAssertion, judge, outcomesOf, type AssertionOutcome, type CompiledAssertion, type RunStatus, type Verdict } from "./judge.ts";
import { failure, type Failure } from "./net/failure.ts";
import { probes } from "./probes/index.ts";
import type { Attempt, JsonObject, PreparedProbe, RunEnvironment, Timings } from "./probes/probe.ts";

export type { RunEnvironment } from "./probes/probe.ts";
export type { RunStatus } from "./judge.ts";

export interface PreparedCheck {
  id: string;
  timeoutMs: number;
  retries: number;
  retryDelayMs: number;
  assertions: CompiledAssertion[];
  probe: PreparedProbe | undefined;
  /** Why the check cannot be run at all; its runs are then unknown. */
  problem: Failure | undefined;
}

export interface AttemptDetail {
  startedAtMs: number;
  latencyMs: number;
  status: RunStatus;
  error?: Failure;
}

export interface RunDetail {
  observed: JsonObject;
  assertions: AssertionOutcome[];
  /** Each attempt when there was more than one. */
  attemptDetails: AttemptDetail[];
}

/** Its durations are those of the last attempt. */
export interface Run extends Timings {
  status: RunStatus;
  startedAtMs: number;
  finishedAtMs: number;
  attempts: number;
  /** HTTP or gRPC status, 0 when there is none. */
  code: number;
  bodyBytes: number;
  rttUs: number;
  lostSyns: number;
  error: Failure | undefined;
  /** What people see. An excerpt of the answer is in it when the run is not up, or when `withExcerpt` asks for it. */
  detail(withExcerpt?: boolean): RunDetail;
}

/** Never throws: a check that cannot be read is prepared as one whose runs say why. */
export function prepareCheck(check: Check): PreparedCheck {
  const prepared: PreparedCheck = {
    id: check.id,
    timeoutMs: check.timeoutMs || 10_000,
    retries: check.retries,
    retryDelayMs: check.retryDelayMs,
    assertions: [],
    probe: undefined,
    problem: undefined,
  };
  try {
    const prepare = probes[check.type as CheckType];
    if (!prepare) throw new Error(`type "${check.type}" is not one of ${Object.keys(probes).join(", ")}`);
    const own = check.assertions.map((assertion) =>
      compileAssertion({
        source: assertion.source as Source,
        op: assertion.op as Operator,
        value: assertion.valueJson === "" ? undefined : JSON.parse(assertion.valueJson),
        path: assertion.path,
        severity: (assertion.severity || "down") as Severity,
      }),
    );
    const keepsBody = own.some(({ source }) => source === "body" || source === "json" || source === "banner" || source === "graphql_errors");
    prepared.probe = prepare((check.target ?? {}) as JsonObject, { keepsBody });
    const implied = prepared.probe.implied.filter(({ source }) => !own.some((assertion) => assertion.source === source));
    prepared.assertions = [...implied.map((assertion) => compileAssertion({ ...assertion, path: "", severity: "down" })), ...own];
  } catch (error) {
    prepared.problem = failure("config_invalid", `check cannot be run: ${(error as Error).message}`);
  }
  return prepared;
}

/** Starts a run; `onDone` is called once, never from inside this call. */
export function startRun(prepared: PreparedCheck, environment: RunEnvironment, onDone: (run: Run) => void): void {
  const run = new CheckRun(prepared, environment, onDone);
  if (prepared.probe) run.next();
  else queueMicrotask(() => run.refuse());
}

export function runCheck(prepared: PreparedCheck, environment: RunEnvironment): Promise<Run> {
  return new Promise((resolve) => startRun(prepared, environment, resolve));
}

class CheckRun implements Run {
  status: RunStatus = "unknown";
  startedAtMs = 0;
  finishedAtMs = 0;
  latencyMs = Number.NaN;
  attempts = 0;
  dnsMs = Number.NaN;
  connectMs = Number.NaN;
  tlsMs = Number.NaN;
  firstByteMs = Number.NaN;
  transferMs = Number.NaN;
  code = 0;
  bodyBytes = 0;
  rttUs = 0;
  lostSyns = 0;
  error: Failure | undefined = undefined;
  #last: Attempt | undefined = undefined;
  #earlier: AttemptDetail[] | undefined = undefined;

  constructor(
    private readonly prepared: PreparedCheck,
    private readonly environment: RunEnvironment,
    private readonly onDone: (run: Run) => void,
  ) {}

  refuse(): void {
    this.startedAtMs = this.finishedAtMs = this.environment.clock.now();
    this.error = this.prepared.problem;
    this.onDone(this);
  }

  next(): void {
    this.attempts++;
    this.prepared.probe!.attempt(this.environment, this.prepared.timeoutMs, (attempt) => this.#attempted(attempt));
  }

  #attempted(attempt: Attempt): void {
    const verdict = judged(attempt, this.prepared.assertions);
    if (this.attempts === 1) this.startedAtMs = attempt.startedAtMs;
    // What we may not look at, or cannot read, is the same a second later.
    const mayRetry = verdict.status === "down" || verdict.reason?.kind === "internal";
    if (!mayRetry || this.attempts > this.prepared.retries) return this.#finish(attempt, verdict);
    this.#earlier ??= [];
    this.#earlier.push(detailOf(attempt, verdict));
    this.environment.clock.after(this.prepared.retryDelayMs, () => this.next());
  }

  #finish(attempt: Attempt, verdict: Verdict): void {
    this.status = verdict.status;
    this.error = verdict.reason;
    this.finishedAtMs = this.#earlier ? this.environment.clock.now() : attempt.startedAtMs + attempt.latencyMs;
    this.latencyMs = attempt.latencyMs;
    this.dnsMs = attempt.dnsMs;
    this.connectMs = attempt.connectMs;
    this.tlsMs = attempt.tlsMs;
    this.firstByteMs = attempt.firstByteMs;
    this.transferMs = attempt.transferMs;
    this.code = attempt.code;
    this.bodyBytes = attempt.bodyBytes;
    this.rttUs = attempt.roundTripUs;
    this.lostSyns = attempt.lostSyns;
    this.#last = attempt;
    this.onDone(this);
  }

  detail(withExcerpt = false): RunDetail {
    const last = this.#last;
    if (!last) return { observed: {}, assertions: [], attemptDetails: [] };
    return {
      observed: last.observed(withExcerpt || this.status !== "up"),
      assertions: outcomesOf(last, this.prepared.assertions),
      attemptDetails: this.#earlier ? [...this.#earlier, detailOf(last, { status: this.status, reason: this.error })] : [],
    };
  }
}

/** A run must end: a mistake in judging is ours, and the check is then unknown. */
function judged(attempt: Attempt, assertions: readonly CompiledAssertion[]): Verdict {
  try {
    return judge(attempt, assertions);
  } catch (error) {
    return { status: "unknown", reason: failure("internal", `answer was not judged: ${(error as Error).message}`) };
  }
}

function detailOf(attempt: Attempt, verdict: Verdict): AttemptDetail {
  const detail: AttemptDetail = { startedAtMs: attempt.startedAtMs, latencyMs: attempt.latencyMs, status: verdict.status };
  return verdict.reason ? { ...detail, error: verdict.reason } : detail;
}
