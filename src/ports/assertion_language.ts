/**
 * The language of assertions: what each kind of check can be asked, with which operators, and how the texts a person
 * writes (ranges, patterns, JSON paths) are compiled. Used where checks are accepted and where they are judged, so that
 * what was accepted can always be judged. Nothing in it runs user code, and every part takes time linear in its input.
 */
import { JSONPathEnvironment, type JSONPathQuery } from "json-p3";
import { RE2JS } from "re2js";

export const operators = [
  "eq", "ne", "lt", "lte", "gt", "gte", "in", "not_in", "contains", "not_contains", "matches", "not_matches", "exists", "is_empty",
] as const;
export type Operator = (typeof operators)[number];

export const severities = ["down", "degraded"] as const;
export type Severity = (typeof severities)[number];

export const phases = ["dns", "connect", "tls", "first_byte", "transfer"] as const;

const comparing: readonly Operator[] = ["eq", "ne", "lt", "lte", "gt", "gte"];
const listing: readonly Operator[] = ["eq", "ne", "in", "not_in"];
const textual: readonly Operator[] = [...listing, "contains", "not_contains", "matches", "not_matches", "exists", "is_empty"];

interface SourceRule {
  ops: readonly Operator[];
  /** What `path` holds; undefined when the source takes none. */
  path?: "name" | "json" | "phase";
  /** Every expected value must be a number. */
  isNumeric?: boolean;
}

const sourceRules = {
  status: { ops: [...comparing, "in", "not_in"], isNumeric: true },
  header: { ops: [...textual, ...comparing], path: "name" },
  body: { ops: textual },
  json: { ops: operators, path: "json" },
  latency: { ops: comparing, isNumeric: true },
  phase: { ops: comparing, path: "phase", isNumeric: true },
  certificate_days: { ops: comparing, isNumeric: true },
  body_bytes: { ops: comparing, isNumeric: true },
  redirect_url: { ops: textual },
  grpc_status: { ops: [...comparing, "in", "not_in"], isNumeric: true },
  serving_status: { ops: listing },
  metadata: { ops: [...textual, ...comparing], path: "name" },
  graphql_errors: { ops: ["is_empty", "exists", "contains", "not_contains", "matches", "not_matches"] },
  banner: { ops: textual },
  remote_address: { ops: textual },
} as const satisfies Record<string, SourceRule>;

export type Source = keyof typeof sourceRules;
export const sources = Object.keys(sourceRules) as [Source, ...Source[]];

export const checkTypes = ["http", "tcp", "grpc", "graphql"] as const;
export type CheckType = (typeof checkTypes)[number];

const always: readonly Source[] = ["latency", "phase", "certificate_days", "remote_address"];

export const sourcesOf: Record<CheckType, readonly Source[]> = {
  http: ["status", "header", "body", "json", "body_bytes", "redirect_url", ...always],
  tcp: ["banner", ...always],
  grpc: ["grpc_status", "serving_status", "metadata", "json", "body_bytes", ...always],
  graphql: ["status", "header", "body", "json", "body_bytes", "graphql_errors", ...always],
};

export function ruleOf(source: Source): SourceRule {
  return sourceRules[source];
}

/** Inclusive ranges, as pairs from, to. */
export type Ranges = readonly (readonly [number, number])[];

/** "200-299,404", 404, or a list of such; undefined when it cannot be understood. */
export function parseRanges(value: unknown): Ranges | undefined {
  if (Array.isArray(value)) {
    const all = value.map(parseRanges);
    return all.length > 0 && all.every((ranges) => ranges !== undefined) ? all.flat() : undefined;
  }
  if (typeof value === "number") return Number.isInteger(value) && value >= 0 ? [[value, value]] : undefined;
  if (typeof value !== "string") return undefined;
  const ranges: [number, number][] = [];
  for (const part of value.split(",")) {
    const match = /^\s*(\d{1,4})\s*(?:-\s*(\d{1,4})\s*)?$/.exec(part);
    if (!match) return undefined;
    const from = Number(match[1]);
    const to = match[2] === undefined ? from : Number(match[2]);
    if (to < from) return undefined;
    ranges.push([from, to]);
  }
  return ranges;
}

export interface Pattern {
  /** Whether the pattern occurs anywhere in the text. */
  test(text: string): boolean;
  /** Where its first occurrence ends; -1 when there is none. */
  endIn(text: string): number;
}

/** RE2 syntax: linear time, and so no look-around and no back-references. Throws with the reason. */
export function compilePattern(pattern: string): Pattern {
  if (pattern.length > 1_000) throw new Error(`a pattern has at most 1000 characters, this one ${pattern.length}`);
  const compiled = RE2JS.compile(pattern);
  if (compiled.programSize() > 5_000) throw new Error("the pattern is too large once its repetitions are written out");
  return {
    test: (text) => compiled.matcher(text).find(),
    endIn: (text) => {
      const matcher = compiled.matcher(text);
      return matcher.find() ? matcher.end() : -1;
    },
  };
}

/** A compiled JSON path; answers every value that it selects, or the one value of a path that can select only one. */
export interface JsonPath {
  isSingular: boolean;
  select(document: unknown): unknown[];
}

const environment = new JSONPathEnvironment({ maxRecursionDepth: 128 });
// These two hand the pattern to the platform's backtracking matcher; `matches` does the same job in linear time.
environment.functionRegister.delete("match");
environment.functionRegister.delete("search");

const maxNodes = 10_000;

/** RFC 9535 without match() and search(), bounded so that no document makes it slow. Throws with the reason. */
export function compileJsonPath(path: string): JsonPath {
  if (path.length > 500) throw new Error(`a JSON path has at most 500 characters, this one ${path.length}`);
  const steps = plainSteps(path);
  if (steps) return { isSingular: true, select: (document) => walk(document, steps) };
  const outside = path.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "");
  if (outside.split("..").length > 2) throw new Error("a JSON path has at most one ..");
  if (outside.split("?").length > 3) throw new Error("a JSON path has at most two filters");
  const query = environment.compile(path);
  return { isSingular: query.singularQuery(), select: (document) => bounded(query, document) };
}

function bounded(query: JSONPathQuery, document: unknown): unknown[] {
  const values: unknown[] = [];
  for (const node of query.lazyQuery(document as never)) {
    values.push(node.value);
    if (values.length > maxNodes) throw new Error(`the JSON path selects more than ${maxNodes} values`);
  }
  return values;
}

/** The names and indexes of the everyday path `$.data.items[0].id`, which needs no query engine. */
function plainSteps(path: string): (string | number)[] | undefined {
  if (!/^\$(?:\.[A-Za-z_][A-Za-z0-9_]*|\[\d{1,9}\]|\['[^'\\]*'\])*$/.test(path)) return undefined;
  const steps: (string | number)[] = [];
  for (const part of path.matchAll(/\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]|\['([^'\\]*)'\]/g)) {
    steps.push(part[2] === undefined ? (part[1] ?? part[3]!) : Number(part[2]));
  }
  return steps;
}

function walk(document: unknown, steps: (string | number)[]): unknown[] {
  let value = document;
  for (const step of steps) {
    if (typeof value !== "object" || value === null) return [];
    if (Array.isArray(value) !== (typeof step === "number") || !Object.hasOwn(value, step)) return [];
    value = (value as Record<string | number, unknown>)[step];
  }
  return [value];
}
