/**
 * How long and how often one call is tried, and where.
 *
 * Nobody began with it (no connection, stands by, stopping) → the next address at once, whatever it asks for. All addresses said
 * so → a short pause and once more round, for up to `patienceMs`: a role that leads is elsewhere a few seconds later.
 * It was sent and no answer came → again only when the contract says that doing it twice does no harm, at most `maxTries` times,
 * and not when too much of late has failed. Everything happens within the call's own time.
 */
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { Call } from "../call.ts";
import { sleep, type Clock } from "../clock.ts";
import { AppError, toAppError } from "../errors.ts";
import type { Breaker } from "./breaker.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Gate } from "./gate.ts";
import type { RetryBudget } from "./retry_budget.ts";
import type { Roster } from "./roster.ts";
import { CallFailure, type Wire } from "./wire.ts";

/** Of a call whose caller set no limit, unless its method takes longer; and of any call. */
const usualUnaryMs = 10_000;
const longestUnaryMs = 60_000;

const patienceMs = 2_000;
const maxTries = 3;
const firstPauseMs = 50;
const longestPauseMs = 400;

/** ok and refused were answered. held_back: not tried, since the role was away a moment ago. */
export const callOutcomes = ["ok", "refused", "unavailable", "late", "cancelled", "held_back"] as const;
export type CallOutcome = (typeof callOutcomes)[number];

/** What all calls to one role share. */
export interface Line {
  peer: string;
  roster: Roster;
  gate: Gate;
  breaker: Breaker;
  budget: RetryBudget;
  clock: Clock;
  random: () => number;
  openedWithoutConnection: boolean;
  onCall(outcome: CallOutcome, error?: AppError): void;
  onRetry(): void;
}

export interface Asked {
  method: DescMethod;
  wire: Wire;
  request: Message;
  call: Call;
}

export async function askUnary(line: Line, asked: Asked, usualMs = usualUnaryMs): Promise<Message> {
  const { breaker, clock } = line;
  const untilMs = Number.isFinite(asked.call.deadlineMs) ? Math.min(asked.call.deadlineMs, clock.now() + longestUnaryMs) : clock.now() + usualMs;
  refuseIfOver(asked.call, untilMs, clock);
  lookForNews(line);
  const waitMs = breaker.admit();
  if (waitMs > 0) throw held(line, waitMs);
  const search = startSearch(line, asked, untilMs);
  for (;;) {
    let endpoint: Endpoint | undefined;
    try {
      endpoint = await search.next();
      const { unary } = endpoint;
      const answer = await line.gate.run(() => unary(asked.wire, asked.request, asked.call, untilMs), untilMs, tooLate);
      line.roster.answered(endpoint);
      conclude(line, "ok");
      return answer;
    } catch (error) {
      if (await search.mayGoOn(endpoint, error)) continue;
      throw concludeFailure(line, asked.call, error);
    }
  }
}

export async function* openStream(line: Line, asked: Asked): AsyncGenerator<Message> {
  const { breaker, clock } = line;
  const { wire, request, call } = asked;
  if (call.signal.aborted) return;
  refuseIfOver(call, call.deadlineMs, clock);
  lookForNews(line);
  // A stream may be silent for hours: it is never the one that is let through to try.
  if (breaker.state() === "open") throw held(line, firstPauseMs);
  const search = startSearch(line, asked, call.deadlineMs);
  let isOpen = false;
  for (;;) {
    let endpoint: Endpoint | undefined;
    try {
      endpoint = await search.next();
      for await (const message of endpoint.stream(wire, request, call)) {
        if (!isOpen) {
          line.roster.answered(endpoint);
          breaker.settle("answered");
        }
        isOpen = true;
        yield message;
      }
      line.onCall("ok");
      return;
    } catch (error) {
      if (call.signal.aborted) return;
      if (!isOpen && (await search.mayGoOn(endpoint, error))) continue;
      throw concludeFailure(line, call, error);
    }
  }
}

interface Search {
  next(): Promise<Endpoint>;
  /** After a failure: false when it is the call's last word. Waits as long as is right. */
  mayGoOn(endpoint: Endpoint | undefined, failure: unknown): Promise<boolean>;
}

function startSearch({ roster, budget, clock, random, peer, onRetry }: Line, { method, call }: Asked, untilMs: number): Search {
  const patientUntilMs = clock.monotonic() + patienceMs;
  const tried = new Set<Endpoint>();
  const mayRepeat = method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
  let tries = 1;
  let pauseMs = firstPauseMs;

  const pause = async (): Promise<boolean> => {
    const thisMs = pauseMs * (0.5 + random());
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    if (clock.now() + thisMs >= untilMs) return false;
    await sleep(clock, thisMs, call.signal).catch(() => {});
    return !call.signal.aborted;
  };
  const hasMore = () => roster.list().some((endpoint) => !tried.has(endpoint));

  return {
    async next() {
      const endpoint = await roster.next(tried);
      if (endpoint) return endpoint;
      throw new CallFailure("not_done", new AppError("unavailable", `call failed: no address of the role ${peer} is known${roster.problem() === "" ? "" : `: ${roster.problem()}`}`));
    },
    async mayGoOn(endpoint, failure) {
      if (!(failure instanceof CallFailure) || call.signal.aborted) return false;
      if (endpoint) {
        roster.failed(endpoint, failure);
        tried.add(endpoint);
      }
      if (failure.kind === "not_done") {
        if (clock.now() >= untilMs) return false;
        if (!hasMore()) {
          roster.doubt();
          tried.clear();
          if (clock.monotonic() >= patientUntilMs || !(await pause())) return false;
        }
        onRetry();
        return true;
      }
      if (failure.kind !== "lost" || !budget.failed() || !mayRepeat || ++tries > maxTries) return false;
      onRetry();
      if (!hasMore()) tried.clear();
      return pause();
    },
  };
}

function tooLate(): CallFailure {
  return new CallFailure("late", new AppError("deadline_exceeded", "call failed: too many others were on their way"));
}

function refuseIfOver(call: Call, untilMs: number, clock: Clock): void {
  if (call.signal.aborted) throw new AppError("cancelled", "the caller went away");
  if (untilMs <= clock.now()) throw new AppError("deadline_exceeded", "no time was left for this call");
}

const isConnected = ({ roster }: Line) => roster.list().some((endpoint) => endpoint.isReady());

/** Connections are made again and again by themselves: one that is there although there was none says that the role is back. */
function lookForNews(line: Line): void {
  if (!line.openedWithoutConnection || line.breaker.state() !== "open" || !isConnected(line)) return;
  line.openedWithoutConnection = false;
  line.breaker.tryNow();
}

function held({ peer, onCall }: Line, waitMs: number): AppError {
  const retryAfterS = Math.max(1, Math.ceil(waitMs / 1000));
  onCall("held_back");
  return new AppError("unavailable", `the role ${peer} does not answer: it is asked again in ${retryAfterS} s`, { retryAfterS });
}

function conclude({ breaker, budget, onCall }: Line, outcome: "ok" | "refused", error?: AppError): void {
  breaker.settle("answered");
  budget.answered();
  onCall(outcome, error);
}

function concludeFailure(line: Line, call: Call, failure: unknown): AppError {
  const { breaker, onCall } = line;
  if (!(failure instanceof CallFailure)) {
    breaker.settle("abandoned");
    return toAppError(failure);
  }
  const { kind, error } = failure;
  if (call.signal.aborted || kind === "abandoned") {
    breaker.settle("abandoned");
    onCall("cancelled");
    return call.signal.aborted ? new AppError("cancelled", "the caller went away") : error;
  }
  if (kind === "answered") {
    conclude(line, "refused", error);
    return error;
  }
  breaker.settle("failed");
  if (breaker.state() === "open") line.openedWithoutConnection = !isConnected(line);
  onCall(kind === "late" ? "late" : "unavailable", error);
  return error;
}
