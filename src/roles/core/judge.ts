/**
 * What an observation is worth: observation + assertions → status and reason. Pure, and it asks an observation only for
 * what an assertion reads, so that an answer nobody looks into costs nothing.
 *
 * A failed attempt is down, or unknown when the fault was ours. An answer is down when an assertion of severity `down`
 * fails, degraded when only one of severity `degraded` does, or when the probe itself found something
 * wrong beside a good answer, else up. The first failing assertion gives the reason.
 *
 * What our own event loop cost is not held against the target: an upper bound of a latency or phase is asked of what is
 * left without it. An assertion that is too expensive to judge makes the run unknown, unless another one says down.
 */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { AppError } from "#kernel/errors";
import { compileJsonPath, compilePattern, parseRanges, ruleOf, type JsonPath, type Operator, type Pattern, type Ranges, type Severity, type Source } from "#ports/assertion_language";
import { grpcStatusText, parseGrpcStatus } from "#ports/grpc_status";
import { paidOnce, TooExpensive } from "./judging_cost.ts";
import { failure, type ErrorKind, type Failure } from "./net/failure.ts";
import { errorText, graphqlErrors, type ErrorScope } from "./probes/graphql_answer.ts";
import type { Observation } from "./probes/probe.ts";
import { differenceText, holdsOfSet } from "./sets.ts";
import { brief, deepEqual, textOf } from "./values.ts";

export type RunStatus = "up" | "degraded" | "down" | "unknown";

export interface AssertionText {
  source: Source;
  op: Operator;
  value: unknown;
  path: string;
  severity: Severity;
}

export interface CompiledAssertion extends AssertionText {
  ranges: Ranges | undefined;
  pattern: Pattern | undefined;
  jsonPath: JsonPath | undefined;
}

export interface Verdict {
  status: RunStatus;
  reason: Failure | undefined;
}

export interface AssertionOutcome {
  source: string;
  op: string;
  path: string;
  expectedJson: string;
  actualJson: string;
  ok: boolean;
  severity: Severity;
}

const up: Verdict = { status: "up", reason: undefined };

/** Faults of ours, and targets that we may not look at: nothing was observed. */
const unseen = new Set<ErrorKind>(["internal", "config_invalid", "target_forbidden"]);

/** Reads pattern, path and ranges once. Throws an Error with the reason when one cannot be read. */
export function compileAssertion(text: AssertionText): CompiledAssertion {
  const isCode = text.source === "status" || text.source === "grpc_status";
  const wantsRanges = isCode && ["eq", "ne", "in", "not_in"].includes(text.op);
  const ranges = wantsRanges ? (text.source === "grpc_status" ? parseGrpcStatus : parseRanges)(text.value) : undefined;
  if (wantsRanges && !ranges) throw new Error(`${text.source} ${JSON.stringify(text.value)} is not a status, a range such as "200-299", or a list of them`);
  return {
    ...text,
    path: text.source === "header" || text.source === "metadata" ? text.path.toLowerCase() : text.path,
    ranges,
    pattern: text.op === "matches" || text.op === "not_matches" ? compilePattern(String(text.value)) : undefined,
    jsonPath: text.source === "json" ? compileJsonPath(text.path) : undefined,
  };
}

/** The assertions that a person gave a check. Throws an Error with the reason when one cannot be read. */
export function assertionsOf(check: Check): CompiledAssertion[] {
  return check.assertions.map(({ source, op, valueJson, path, severity }) =>
    compileAssertion({
      source: source as Source,
      op: op as Operator,
      value: valueJson === "" ? undefined : JSON.parse(valueJson),
      path,
      severity: (severity || "down") as Severity,
    }),
  );
}

/** `stalledMs`: for how long our own event loop stood still while the answer was waited for. */
export function judge(observation: Observation, assertions: readonly CompiledAssertion[], stalledMs = 0): Verdict {
  const problem = observation.failure;
  if (problem) return { status: unseen.has(problem.kind) ? "unknown" : "down", reason: problem };
  let unjudged: Verdict | undefined;
  let degraded: Verdict | undefined;
  for (const assertion of assertions) {
    // The everyday check makes no object here.
    if (assertion.source === "status" && assertion.ranges && (assertion.op === "in" || assertion.op === "eq") && isWithin(observation.code, assertion.ranges)) continue;
    const reading = read(observation, assertion, stalledMs);
    if (reading.holds) continue;
    if (reading.unjudged) unjudged ??= { status: "unknown", reason: failure(reading.unjudged, `${subjectOf(assertion)}: ${reading.problem}`) };
    else if (assertion.severity === "down") return { status: "down", reason: reasonOf(observation, assertion, reading) };
    else degraded ??= { status: "degraded", reason: reasonOf(observation, assertion, reading) };
  }
  if (unjudged ?? degraded) return unjudged ?? degraded!;
  return observation.degradation ? { status: "degraded", reason: observation.degradation } : up;
}

/** Every assertion with what it met; none when there was no answer to look at. */
export function outcomesOf(observation: Observation, assertions: readonly CompiledAssertion[], stalledMs = 0): AssertionOutcome[] {
  if (observation.failure) return [];
  return assertions.map((assertion) => {
    const reading = read(observation, assertion, stalledMs);
    return {
      source: assertion.source,
      op: assertion.op,
      path: assertion.path,
      expectedJson: assertion.value === undefined ? "" : JSON.stringify(assertion.value),
      actualJson: reading.value === undefined ? "" : JSON.stringify(brief(reading.value)),
      ok: reading.holds,
      severity: assertion.severity,
    };
  });
}

interface Reading {
  holds: boolean;
  /** Undefined when there is nothing of that name. */
  value: unknown;
  /** Why it could not be judged. */
  problem?: string;
  /** Set when the problem says nothing about the target: a fault of ours, or an assertion that costs too much. */
  unjudged?: ErrorKind | undefined;
}

function read(observation: Observation, assertion: CompiledAssertion, stalledMs: number): Reading {
  let value: unknown;
  try {
    value = valueOf(observation, assertion, stalledMs);
    return { value, holds: holds(observation, assertion, value) };
  } catch (error) {
    const unjudged = error instanceof TooExpensive ? "config_invalid" : error instanceof AppError ? "internal" : undefined;
    return { value, holds: false, problem: (error as Error).message, unjudged };
  }
}

const phaseFields = { dns: "dnsMs", connect: "connectMs", tls: "tlsMs", first_byte: "firstByteMs", transfer: "transferMs" } as const;

function valueOf(observation: Observation, { source, op, path, jsonPath }: CompiledAssertion, stalledMs: number): unknown {
  switch (source) {
    case "status":
    case "grpc_status":
      return observation.code;
    case "header":
    case "metadata": {
      const values = observation.headers(path);
      return values.length === 0 ? undefined : values.join(", ");
    }
    case "body":
    case "banner":
      return observation.text();
    case "json": {
      const document = observation.document();
      const steps = jsonPath!.steps(document);
      const values = steps === 0 ? jsonPath!.select(document) : paidOnce(observation, jsonPath!, steps, () => jsonPath!.select(document));
      return jsonPath!.isSingular ? values[0] : values;
    }
    case "graphql_errors":
      return graphqlErrors(observation.document(), path === "" ? "any" : (path as ErrorScope)).map(errorText);
    case "latency":
      return rounded(withoutStall(observation.latencyMs, op, stalledMs));
    case "phase":
      return rounded(withoutStall(observation[phaseFields[path as keyof typeof phaseFields]], op, stalledMs));
    case "certificate_days":
      return observation.certificateDays();
    case "body_bytes":
      return observation.bodyBytes;
    case "remote_address":
      return observation.remoteAddress;
    default:
      return observation.fact(source);
  }
}

/** How long it took at least: when an answer came while our loop stood still is not known. */
function withoutStall(ms: number, op: Operator, stalledMs: number): number {
  return op === "lt" || op === "lte" ? Math.max(0, ms - stalledMs) : ms;
}

function rounded(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : Math.round(ms * 100) / 100;
}

function holds(observation: Observation, assertion: CompiledAssertion, actual: unknown): boolean {
  const { op, value: expected, ranges } = assertion;
  const { set } = ruleOf(assertion.source);
  const ofSet = set && holdsOfSet(actual, { op, expected, fitsOne: (items) => matchesOne(observation, assertion.pattern!, items), isOfWhole: set === "of whole items" });
  if (ofSet !== undefined) return ofSet;
  switch (op) {
    case "exists":
      return isThere(assertion, actual) === (expected !== false);
    case "is_empty":
      return isEmpty(actual) === (expected !== false);
    case "eq":
      return ranges ? isWithin(actual as number, ranges) : isSame(actual, expected);
    case "ne":
      return ranges ? !isWithin(actual as number, ranges) : !isSame(actual, expected);
    case "in":
      return ranges ? isWithin(actual as number, ranges) : listOf(expected).some((item) => isSame(actual, item));
    case "not_in":
      return ranges ? !isWithin(actual as number, ranges) : !listOf(expected).some((item) => isSame(actual, item));
    case "contains":
      return contains(actual, expected);
    case "not_contains":
      return !contains(actual, expected);
    case "matches":
      return actual !== undefined && matches(observation, assertion.pattern!, textOf(actual));
    case "not_matches":
      return actual === undefined || !matches(observation, assertion.pattern!, textOf(actual));
    default:
      return compares(op, numberOf(actual), numberOf(expected));
  }
}

/** A list of what was found, such as that of a path with a wildcard, says by being empty that nothing was. */
function isThere({ jsonPath }: CompiledAssertion, actual: unknown): boolean {
  const isListOfFound = Array.isArray(actual) && !jsonPath?.isSingular;
  return actual !== undefined && !(isListOfFound && actual.length === 0);
}

function matchesOne(observation: Observation, pattern: Pattern, items: string[]): boolean {
  const characters = items.reduce((sum, item) => sum + item.length, 0);
  return paidOnce(observation, pattern, pattern.steps(characters), () => items.some(pattern.test));
}

function matches(observation: Observation, pattern: Pattern, text: string): boolean {
  return paidOnce(observation, pattern, pattern.steps(text.length), () => pattern.test(text));
}

function isWithin(code: number, ranges: Ranges): boolean {
  for (const [from, to] of ranges) if (code >= from && code <= to) return true;
  return false;
}

/** A header or banner is text even where it says a number. */
function isSame(actual: unknown, expected: unknown): boolean {
  if (typeof expected === "number" && typeof actual === "string") return actual.trim() !== "" && Number(actual) === expected;
  return deepEqual(actual, expected);
}

function listOf(expected: unknown): unknown[] {
  return Array.isArray(expected) ? expected : [expected];
}

function contains(actual: unknown, expected: unknown): boolean {
  if (Array.isArray(actual)) {
    return actual.some((item) => deepEqual(item, expected) || (typeof item === "string" && typeof expected === "string" && item.includes(expected)));
  }
  if (typeof actual === "object" && actual !== null) return typeof expected === "string" && Object.hasOwn(actual, expected);
  return actual !== undefined && textOf(actual).includes(textOf(expected));
}

function isEmpty(actual: unknown): boolean {
  if (actual === undefined || actual === null || actual === "") return true;
  return typeof actual === "object" && Object.keys(actual).length === 0;
}

function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}

function compares(op: "lt" | "lte" | "gt" | "gte", actual: number, expected: number): boolean {
  if (op === "lt") return actual < expected;
  if (op === "lte") return actual <= expected;
  return op === "gt" ? actual > expected : actual >= expected;
}

const kinds: Partial<Record<Source, ErrorKind>> = { status: "http_status", grpc_status: "grpc_status", serving_status: "grpc_status", graphql_errors: "graphql_errors" };

function reasonOf(observation: Observation, assertion: CompiledAssertion, reading: Reading): Failure {
  const kind = kinds[assertion.source] ?? dnsKind(assertion, reading.value) ?? "assertion_failed";
  const subject = subjectOf(assertion);
  if (reading.problem !== undefined) return failure(kind, `${subject}: ${reading.problem}`);
  const words = assertion.source === "grpc_status" ? observation.fact("grpc_status") : undefined;
  return failure(kind, complaint(assertion, subject, reading.value) + (words === undefined ? "" : `: ${textOf(words)}`));
}

/** A name that is not there, or a server that cannot say, is that kind of failure whichever rcode was wanted. */
function dnsKind({ source }: CompiledAssertion, actual: unknown): ErrorKind | undefined {
  if (source === "records") return isEmpty(actual) ? "dns_not_found" : undefined;
  if (source !== "rcode" || actual === "NOERROR") return undefined;
  return actual === "NXDOMAIN" ? "dns_not_found" : "dns_failure";
}

function subjectOf({ source, path }: CompiledAssertion): string {
  const name = source === "certificate_days" || source === "chain_days" ? `${source.replace("_", " ")} left` : source.replaceAll("_", " ");
  return path === "" ? name : `${name} ${path}`;
}

const relations: Partial<Record<Operator, string>> = { ne: "not ", lt: "less than ", lte: "at most ", gt: "more than ", gte: "at least " };

/** "status 503, expected 200-299": what was met, then what would have been right. */
function complaint(assertion: CompiledAssertion, subject: string, actual: unknown): string {
  const { op, source } = assertion;
  const isTime = source === "latency" || source === "phase";
  const said = (value: unknown) => (isTime ? `${textOf(value)} ms` : source === "grpc_status" && typeof value === "number" ? grpcStatusText(value) : JSON.stringify(brief(value)));
  const expected = assertion.ranges ? rangesText(assertion.ranges, source === "grpc_status" ? grpcStatusText : String) : Array.isArray(assertion.value) ? `one of ${assertion.value.map(said).join(", ")}` : said(assertion.value);
  const shouldHold = assertion.value !== false;
  switch (op) {
    case "exists":
      return shouldHold ? `${subject} is missing` : `${subject} is there, expected none`;
    case "is_empty":
      if (source === "graphql_errors" && shouldHold) return `graphql errors: ${listOf(actual).map(textOf).join("; ").slice(0, 300)}`;
      return shouldHold ? `${subject} is not empty` : `${subject} is empty`;
    case "contains":
      return actual === undefined ? `${subject} is missing, expected it to contain ${expected}` : `${subject} does not contain ${expected}`;
    case "not_contains":
      return `${subject} contains ${expected}`;
    case "matches":
      return actual === undefined ? `${subject} is missing, expected it to match ${expected}` : `${subject} does not match ${expected}`;
    case "not_matches":
      return `${subject} matches ${expected}`;
    default: {
      if (ruleOf(source).set) return differenceText(subject, op, actual, assertion.value);
      const met = actual === undefined ? "is missing" : said(actual);
      return `${subject} ${met}, expected ${op === "not_in" ? "not " : (relations[op] ?? "")}${expected}`;
    }
  }
}

function rangesText(ranges: Ranges, codeText: (code: number) => string): string {
  return ranges.map(([from, to]) => (from === to ? codeText(from) : `${from}-${to}`)).join(",");
}
