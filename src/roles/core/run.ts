/**
 * One run of one check: up to 1 + retries attempts, each on a fresh connection with fresh DNS; the last one counts.
 * A check is read once per version (`prepareCheck`); a run then allocates little, because a worker starts thousands a
 * second. What people want to see of a run (`detail`) is put together only when somebody asks.
 */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { assertionsOf, compileAssertion, judge, outcomesOf, type AssertionOutcome, type CompiledAssertion, type RunStatus, type Verdict } from "./judge.ts";
import { failure, type Failure } from "./net/failure.ts";
import { stallFailure } from "./net/stall.ts";
import { errands, probes } from "./probes/index.ts";
import { createSecretMask, type SecretMask } from "./secret_mask.ts";
import type { Attempt, JsonObject, Prepare, PreparedProbe, RunEnvironment, Timings } from "./probes/probe.ts";

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
  /** Hides the secrets of the check in what its target says. */
  mask: SecretMask | undefined;
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
  probeLagMs: number;
  lostSyns: number;
  /** For how long our own event loop stood still during the last attempt; 0 as a rule. */
  stalledMs: number;
  error: Failure | undefined;
  /** It failed, and somebody else is to make the next attempt. */
  again: boolean;
  /** What people see. An excerpt of the answer is in it when the run is not up, or when `withExcerpt` asks for it. */
  detail(withExcerpt?: boolean): RunDetail;
}

const prepares: Partial<Record<string, Prepare>> = { ...probes, ...errands };

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
    mask: createSecretMask(check.type, (check.target ?? {}) as JsonObject),
  };
  try {
    const prepare = prepares[check.type];
    if (!prepare) throw new Error(`type "${check.type}" is not one of ${Object.keys(probes).join(", ")}`);
    const own = assertionsOf(check);
    const keepsBody = own.some(({ source }) => source === "body" || source === "json" || source === "banner" || source === "message" || source === "graphql_errors");
    prepared.probe = prepare((check.target ?? {}) as JsonObject, { keepsBody });
    const implied = prepared.probe.implied.filter(({ source, alsoReplacedBy }) => !own.some((assertion) => assertion.source === source || alsoReplacedBy?.includes(assertion.source)));
    prepared.assertions = [...implied.map(({ source, op, value, path = "", severity = "down" }) => compileAssertion({ source, op, value, path, severity })), ...own];
  } catch (error) {
    prepared.problem = failure("config_invalid", `check cannot be run: ${(error as Error).message}`);
  }
  return prepared;
}

/** Who makes the attempts after a failed one. */
export interface Retrying {
  /** Made here. */
  retries: number;
  /** A run that still fails is one that others are to confirm: it ends with `again`. */
  handsOver: boolean;
}

/** Starts a run; `onDone` is called once, never from inside this call. */
export function startRun(prepared: PreparedCheck, environment: RunEnvironment, onDone: (run: Run) => void, retrying?: Retrying): void {
  const run = new CheckRun(prepared, environment, onDone, retrying ?? { retries: prepared.retries, handsOver: false });
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
  probeLagMs = 0;
  lostSyns = 0;
  stalledMs = 0;
  error: Failure | undefined = undefined;
  again = false;
  #last: Attempt | undefined = undefined;
  #earlier: AttemptDetail[] | undefined = undefined;
  #attemptStartedAt = 0;
  /** One attempt that our own stall spoilt is made again at once, and not counted against the retries. */
  #isRepeated = false;

  constructor(
    private readonly prepared: PreparedCheck,
    private readonly environment: RunEnvironment,
    private readonly onDone: (run: Run) => void,
    private readonly retrying: Retrying,
  ) {}

  refuse(): void {
    this.startedAtMs = this.finishedAtMs = this.environment.clock.now();
    this.error = this.prepared.problem;
    this.onDone(this);
  }

  next(): void {
    this.attempts++;
    this.#attemptStartedAt = this.environment.clock.monotonic();
    this.environment.stalls?.begin();
    this.prepared.probe!.attempt(this.environment, this.prepared.timeoutMs, (attempt) => this.#attempted(attempt));
  }

  #attempted(attempt: Attempt): void {
    const { stalls } = this.environment;
    this.stalledMs = stalls?.between(this.#attemptStartedAt, this.environment.clock.monotonic()) ?? 0;
    stalls?.end();
    const stall = this.stalledMs > 0 ? stallFailure(attempt.failure, this.stalledMs, this.prepared.timeoutMs) : undefined;
    const verdict: Verdict = stall ? { status: "unknown", reason: stall } : masked(judged(attempt, this.prepared.assertions, this.#uncounted(attempt)), this.prepared.mask);
    if (this.attempts === 1) this.startedAtMs = attempt.startedAtMs;
    if (stall && !this.#isRepeated) {
      this.#isRepeated = true;
      return this.#repeat(attempt, verdict, 0);
    }
    // What we may not look at, or cannot read, is the same a second later.
    const mayRetry = verdict.status === "down" || verdict.reason?.kind === "internal";
    if (!mayRetry || this.attempts > this.retrying.retries + (this.#isRepeated ? 1 : 0)) {
      this.again = mayRetry && this.retrying.handsOver;
      return this.#finish(attempt, verdict);
    }
    this.#repeat(attempt, verdict, this.prepared.retryDelayMs);
  }

  /** What of the stall is still in the latency: the connect phase leaves it out already. */
  #uncounted(attempt: Attempt): number {
    return Math.max(0, this.stalledMs - attempt.probeLagMs);
  }

  #repeat(attempt: Attempt, verdict: Verdict, delayMs: number): void {
    this.#earlier ??= [];
    this.#earlier.push(detailOf(attempt, verdict));
    this.environment.clock.after(delayMs, () => this.next());
  }

  #finish(attempt: Attempt, verdict: Verdict): void {
    this.status = verdict.status;
    this.error = verdict.reason;
    this.finishedAtMs = this.#earlier ? this.environment.clock.now() : attempt.startedAtMs + attempt.durationMs;
    this.latencyMs = attempt.latencyMs;
    this.dnsMs = attempt.dnsMs;
    this.connectMs = attempt.connectMs;
    this.tlsMs = attempt.tlsMs;
    this.firstByteMs = attempt.firstByteMs;
    this.transferMs = attempt.transferMs;
    this.code = attempt.code;
    this.bodyBytes = attempt.bodyBytes;
    this.probeLagMs = attempt.probeLagMs;
    this.lostSyns = attempt.lostSyns;
    this.#last = attempt;
    this.onDone(this);
  }

  detail(withExcerpt = false): RunDetail {
    const last = this.#last;
    if (!last) return { observed: {}, assertions: [], attemptDetails: [] };
    const { mask, assertions } = this.prepared;
    const observed = last.observed(withExcerpt || this.status !== "up");
    if (this.stalledMs > 0) observed.ownStallMs = Math.round(this.stalledMs);
    const outcomes = outcomesOf(last, assertions, this.#uncounted(last));
    return {
      observed: mask ? mask.json(observed) : observed,
      assertions: mask ? outcomes.map((outcome) => ({ ...outcome, actualJson: mask.text(outcome.actualJson) })) : outcomes,
      attemptDetails: this.#earlier || this.again ? [...(this.#earlier ?? []), detailOf(last, { status: this.status, reason: this.error })] : [],
    };
  }
}

/** A run must end: a mistake in judging is ours, and the check is then unknown. */
function judged(attempt: Attempt, assertions: readonly CompiledAssertion[], stalledMs: number): Verdict {
  try {
    return judge(attempt, assertions, stalledMs);
  } catch (error) {
    return { status: "unknown", reason: failure("internal", `answer was not judged: ${(error as Error).message}`) };
  }
}

function masked(verdict: Verdict, mask: SecretMask | undefined): Verdict {
  return mask && verdict.reason ? { ...verdict, reason: failure(verdict.reason.kind, mask.text(verdict.reason.message)) } : verdict;
}

function detailOf(attempt: Attempt, verdict: Verdict): AttemptDetail {
  const detail: AttemptDetail = { startedAtMs: attempt.startedAtMs, latencyMs: attempt.latencyMs, status: verdict.status };
  return verdict.reason ? { ...detail, error: verdict.reason } : detail;
}
