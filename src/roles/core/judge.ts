/**
 * What an observation is worth: observation + assertions → status and reason. Pure, and it asks an observation only for
 * what an assertion reads, so that an answer nobody looks into costs nothing.
 *
 * A failed attempt is down, or unknown when the fault was ours. An answer is down when an assertion of severity `down`
 * fails, degraded when only one of severity `degraded` does, else up. The first failing assertion gives the reason.
 */
import { compileJsonPath, compilePattern, parseRanges, type JsonPath, type Operator, type Pattern, type Ranges, type Severity, type Source } from "#ports/assertion_language";
import { failure, type ErrorKind, type Failure } from "./net/failure.ts";
import type { Observation } from "./probes/probe.ts";
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
  const ranges = wantsRanges ? parseRanges(text.value) : undefined;
  if (wantsRanges && !ranges) throw new Error(`${text.source} ${JSON.stringify(text.value)} is not a status, a range such as "200-299", or a list of them`);
  return {
    ...text,
    path: text.source === "header" || text.source === "metadata" ? text.path.toLowerCase() : text.path,
    ranges,
    pattern: text.op === "matches" || text.op === "not_matches" ? compilePattern(String(text.value)) : undefined,
    jsonPath: text.source === "json" ? compileJsonPath(text.path) : undefined,
  };
}

export function judge(observation: Observation, assertions: readonly CompiledAssertion[]): Verdict {
  const problem = observation.failure;
  if (problem) return { status: unseen.has(problem.kind) ? "unknown" : "down", reason: problem };
  let degraded: Verdict | undefined;
  for (const assertion of assertions) {
    // The everyday check makes no object here.
    if (assertion.source === "status" && assertion.ranges && assertion.op === "in" && isWithin(observation.code, assertion.ranges)) continue;
    const reading = read(observation, assertion);
    if (reading.problem === undefined && holds(assertion, reading.value)) continue;
    if (assertion.severity === "down") return { status: "down", reason: reasonOf(assertion, reading) };
    degraded ??= { status: "degraded", reason: reasonOf(assertion, reading) };
  }
  return degraded ?? up;
}

/** Every assertion with what it met; none when there was no answer to look at. */
export function outcomesOf(observation: Observation, assertions: readonly CompiledAssertion[]): AssertionOutcome[] {
  if (observation.failure) return [];
  return assertions.map((assertion) => {
    const reading = read(observation, assertion);
    return {
      source: assertion.source,
      op: assertion.op,
      path: assertion.path,
      expectedJson: assertion.value === undefined ? "" : JSON.stringify(assertion.value),
      actualJson: reading.value === undefined ? "" : JSON.stringify(brief(reading.value)),
      ok: reading.problem === undefined && holds(assertion, reading.value),
      severity: assertion.severity,
    };
  });
}

interface Reading {
  /** Undefined when there is nothing of that name. */
  value: unknown;
  /** Why the source could not be read at all. */
  problem?: string;
}

function read(observation: Observation, assertion: CompiledAssertion): Reading {
  try {
    return { value: valueOf(observation, assertion) };
  } catch (error) {
    return { value: undefined, problem: (error as Error).message };
  }
}

const phaseFields = { dns: "dnsMs", connect: "connectMs", tls: "tlsMs", first_byte: "firstByteMs", transfer: "transferMs" } as const;

function valueOf(observation: Observation, { source, path, jsonPath }: CompiledAssertion): unknown {
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
      const values = jsonPath!.select(observation.document());
      return jsonPath!.isSingular ? values[0] : values;
    }
    case "graphql_errors":
      return graphqlErrors(observation.document());
    case "latency":
      return rounded(observation.latencyMs);
    case "phase":
      return rounded(observation[phaseFields[path as keyof typeof phaseFields]]);
    case "certificate_days":
      return observation.certificateDays();
    case "body_bytes":
      return observation.bodyBytes;
    case "redirect_url":
      return observation.redirectUrl();
    case "serving_status":
      return observation.servingStatus();
    case "remote_address":
      return observation.remoteAddress;
  }
}

function rounded(ms: number): number | undefined {
  return Number.isNaN(ms) ? undefined : Math.round(ms * 100) / 100;
}

/** The messages of `errors` in a GraphQL answer (GraphQL specification, 7.1.2). */
function graphqlErrors(document: unknown): string[] {
  if (typeof document !== "object" || document === null || Array.isArray(document)) throw new Error("the answer is not a GraphQL response object");
  const { errors, data } = document as { errors?: unknown; data?: unknown };
  if (errors === undefined && data === undefined) throw new Error("the answer has neither data nor errors");
  if (errors === undefined || errors === null) return [];
  if (!Array.isArray(errors)) throw new Error("errors is not a list");
  return errors.map((error: { message?: unknown } | null) => textOf(error?.message ?? error));
}

function holds(assertion: CompiledAssertion, actual: unknown): boolean {
  const { op, value: expected, ranges } = assertion;
  switch (op) {
    case "exists":
      return (actual !== undefined && !(Array.isArray(actual) && actual.length === 0)) === (expected !== false);
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
      return actual !== undefined && assertion.pattern!.test(textOf(actual));
    case "not_matches":
      return actual === undefined || !assertion.pattern!.test(textOf(actual));
    default:
      return compares(op, numberOf(actual), numberOf(expected));
  }
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

function reasonOf(assertion: CompiledAssertion, reading: Reading): Failure {
  const kind = kinds[assertion.source] ?? "assertion_failed";
  const subject = subjectOf(assertion);
  return failure(kind, reading.problem === undefined ? complaint(assertion, subject, reading.value) : `${subject}: ${reading.problem}`);
}

function subjectOf({ source, path }: CompiledAssertion): string {
  const name = source === "certificate_days" ? "certificate days left" : source.replaceAll("_", " ");
  return path === "" ? name : `${name} ${path}`;
}

const relations: Partial<Record<Operator, string>> = { ne: "not ", lt: "less than ", lte: "at most ", gt: "more than ", gte: "at least " };

/** "status 503, expected 200-299": what was met, then what would have been right. */
function complaint(assertion: CompiledAssertion, subject: string, actual: unknown): string {
  const { op, source } = assertion;
  const isTime = source === "latency" || source === "phase";
  const said = (value: unknown) => (isTime ? `${textOf(value)} ms` : JSON.stringify(brief(value)));
  const expected = assertion.ranges ? rangesText(assertion.ranges) : Array.isArray(assertion.value) ? `one of ${assertion.value.map(said).join(", ")}` : said(assertion.value);
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
      const met = actual === undefined ? "is missing" : said(actual);
      return `${subject} ${met}, expected ${op === "not_in" ? "not " : (relations[op] ?? "")}${expected}`;
    }
  }
}

function rangesText(ranges: Ranges): string {
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(",");
}
