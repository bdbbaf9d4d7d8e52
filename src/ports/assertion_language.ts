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
  /** Its value is a list without an order: `eq` takes a list, a pattern fits one of its items, and so does `contains` or one whole item. */
  set?: "of texts" | "of whole items";
  /** Its values are from a closed list: one that is misspelt would never be met. */
  names?: readonly string[];
}

/** By number, up to the first that is not assigned (IANA, DNS RCODEs). */
export const rcodeNames = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"] as const;
/** `grpc.health.v1.HealthCheckResponse.ServingStatus`, by number. */
export const servingStatuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;

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
  serving_status: { ops: listing, names: servingStatuses },
  metadata: { ops: [...textual, ...comparing], path: "name" },
  graphql_errors: { ops: ["is_empty", "exists", "contains", "not_contains", "matches", "not_matches"] },
  banner: { ops: textual },
  issuer: { ops: textual },
  subject_alt_names: { ops: ["eq", "ne", "contains", "not_contains", "matches", "not_matches", "exists", "is_empty"], set: "of whole items" },
  tls_version: { ops: [...comparing, "in", "not_in"] },
  cipher: { ops: textual },
  chain_days: { ops: comparing, isNumeric: true },
  rcode: { ops: listing, names: [...rcodeNames, "BADVERS", "BADCOOKIE"] },
  records: { ops: ["eq", "ne", "contains", "not_contains", "matches", "not_matches", "exists", "is_empty"], set: "of texts" },
  ttl: { ops: comparing, isNumeric: true },
  loss: { ops: comparing, isNumeric: true },
  rtt_avg: { ops: comparing, isNumeric: true },
  rtt_max: { ops: comparing, isNumeric: true },
  jitter: { ops: comparing, isNumeric: true },
  subprotocol: { ops: textual },
  message: { ops: textual },
  schema_hash: { ops: listing },
  run_duration: { ops: comparing, isNumeric: true },
  exit_code: { ops: [...comparing, "in", "not_in"], isNumeric: true },
  remote_address: { ops: textual },
} as const satisfies Record<string, SourceRule>;

export type Source = keyof typeof sourceRules;
export const sources = Object.keys(sourceRules) as [Source, ...Source[]];

export const checkTypes = ["http", "grpc", "graphql", "tcp", "tls", "dns", "icmp", "websocket", "heartbeat"] as const;
export type CheckType = (typeof checkTypes)[number];

const timed: readonly Source[] = ["latency", "phase", "remote_address"];
const certified: readonly Source[] = ["certificate_days", ...timed];

export const sourcesOf: Record<CheckType, readonly Source[]> = {
  http: ["status", "header", "body", "json", "body_bytes", "redirect_url", ...certified],
  grpc: ["grpc_status", "serving_status", "metadata", "json", "body_bytes", ...certified],
  graphql: ["status", "header", "body", "json", "body_bytes", "graphql_errors", "schema_hash", ...certified],
  tcp: ["banner", ...certified],
  tls: ["chain_days", "issuer", "subject_alt_names", "tls_version", "cipher", ...certified],
  dns: ["rcode", "records", "ttl", ...certified],
  icmp: ["loss", "rtt_avg", "rtt_max", "jitter", ...timed],
  websocket: ["status", "header", "message", "json", "subprotocol", ...certified],
  heartbeat: ["run_duration", "exit_code"],
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
  /** How many steps a search of so many characters may take; one is 20 to 60 ns. */
  steps(characters: number): number;
  /** What the groups of its first occurrence hold, by number and by name; undefined when there is none. */
  groupsIn(text: string): Groups | undefined;
}

export type Groups = ReadonlyMap<string, string>;

/** Puts groups in the place of `${1}`, `$1` and `${name}`; `$$` is a dollar, and a group that is not there is empty. */
export function expandGroups(template: string, groups: Groups): string {
  return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, plain?: string) => (whole === "$$" ? "$" : (groups.get(braced ?? plain ?? "") ?? "")));
}

/** RE2 syntax: linear time, and so no look-around and no back-references. Throws with the reason. */
export function compilePattern(pattern: string): Pattern {
  if (pattern.length > 1_000) throw new Error(`a pattern has at most 1000 characters, this one ${pattern.length}`);
  const compiled = RE2JS.compile(pattern);
  const size = compiled.programSize();
  if (size > 5_000) throw new Error("the pattern is too large once its repetitions are written out");
  if (/^[\w \-/,:;<>="']*$/.test(pattern)) return plainText(pattern);
  return {
    test: (text) => compiled.matcher(text).find(),
    endIn: (text) => {
      const matcher = compiled.matcher(text);
      return matcher.find() ? matcher.end() : -1;
    },
    steps: (characters) => characters * size,
    groupsIn: (text) => {
      const matcher = compiled.matcher(text);
      if (!matcher.find()) return undefined;
      const numbered = Array.from({ length: compiled.groupCount() + 1 }, (_, number) => matcher.group(number) ?? "");
      const named = Object.entries(compiled.namedGroups()).map(([name, number]) => [name, numbered[number]!] as const);
      return new Map([...numbered.map((value, number) => [String(number), value] as const), ...named]);
    },
  };
}

/** A pattern without any sign that means something else than itself. */
function plainText(wanted: string): Pattern {
  const endIn = (text: string) => {
    const at = text.indexOf(wanted);
    return at < 0 ? -1 : at + wanted.length;
  };
  const groupsIn = (text: string) => (text.includes(wanted) ? new Map([["0", wanted]]) : undefined);
  return { test: (text) => text.includes(wanted), endIn, groupsIn, steps: (characters) => Math.ceil(characters / 20) };
}

/** A compiled JSON path; answers every value that it selects, or the one value of a path that can select only one. */
export interface JsonPath {
  isSingular: boolean;
  select(document: unknown): unknown[];
  /** How much work that is at most, in the steps of `Pattern`; 0 for a plain path. */
  steps(document: unknown): number;
}

const environment = new JSONPathEnvironment({ maxRecursionDepth: 128 });
// These two hand the pattern to the platform's backtracking matcher; `matches` does the same job in linear time.
environment.functionRegister.delete("match");
environment.functionRegister.delete("search");

const maxNodes = 10_000;
const maxUnions = 8;
/** Visiting one value of a document takes the query engine this many steps. */
const stepsPerValue = 20;
/** Counting ends here: no query of more is ever made. */
const maxCounted = 1_000_000;

/** RFC 9535 without match() and search(), bounded so that no document makes it slow. Throws with the reason. */
export function compileJsonPath(path: string): JsonPath {
  if (path.length > 500) throw new Error(`a JSON path has at most 500 characters, this one ${path.length}`);
  const steps = plainSteps(path);
  if (steps) return { isSingular: true, select: (document) => walk(document, steps), steps: () => 0 };
  const outside = path.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "");
  if (outside.split("..").length > 2) throw new Error("a JSON path has at most one ..");
  if (outside.split("?").length > 3) throw new Error("a JSON path has at most two filters");
  // Each of these could take a time that grows with the square of the document, or doubles with every comma.
  if (outside.indexOf("$", 1) > 0) throw new Error("a filter of a JSON path looks at @, not at the whole document ($)");
  if (outside.split(",").length > maxUnions + 1) throw new Error(`a JSON path has at most ${maxUnions} commas`);
  const query = environment.compile(path);
  const plain = plainSteps(/^\$(?:\.[A-Za-z_][A-Za-z0-9_]*|\[\d{1,9}\]|\['[^'\\]*'\])*(?=[.[])/.exec(path)?.[0] ?? "$")!;
  const factor = stepsPerValue * 2 ** (outside.split(",").length - 1);
  return {
    isSingular: query.singularQuery(),
    select: (document) => bounded(query, document),
    steps: (document) => factor * countValues(walk(document, plain)),
  };
}

/** How many values a document holds, itself included. Without recursion: a hostile one is nested deeper than the stack. */
function countValues(roots: unknown[]): number {
  const open = [...roots];
  let count = 0;
  while (open.length > 0 && count < maxCounted) {
    const value = open.pop();
    count++;
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) for (const item of value) open.push(item);
    else for (const key in value) open.push((value as Record<string, unknown>)[key]);
  }
  return count;
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
