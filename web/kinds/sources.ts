/** What assertions can look at, with which operators. The server's list is the law; a test compares the two. */
import { t } from "../i18n.ts";

export const operators = {
  eq: t("is"),
  ne: t("is not"),
  lt: "<",
  lte: "≤",
  gt: ">",
  gte: "≥",
  in: t("is in"),
  not_in: t("is not in"),
  contains: t("contains"),
  not_contains: t("does not contain"),
  matches: t("matches (regex)"),
  not_matches: t("does not match"),
  exists: t("exists"),
  is_empty: t("is empty"),
} as const;
export type Operator = keyof typeof operators;

export const valueless: readonly string[] = ["exists", "is_empty"];

const comparing: readonly Operator[] = ["eq", "ne", "lt", "lte", "gt", "gte"];
const coded: readonly Operator[] = ["in", "not_in", ...comparing];
export const listing: readonly Operator[] = ["eq", "ne", "in", "not_in"];
const searching: readonly Operator[] = ["contains", "not_contains", "matches", "not_matches", "exists", "is_empty"];
const textual: readonly Operator[] = [...listing, ...searching];
const ofSets: readonly Operator[] = ["eq", "ne", ...searching];
const every = Object.keys(operators) as Operator[];

export type Choices = readonly (readonly [value: string, label: string])[];

export interface Source {
  name: string;
  label: string;
  ops: readonly Operator[];
  /** What `path` says; absent when the source takes none. */
  path?: string;
  /** All that `path` may be. */
  paths?: Choices;
  /** What a new assertion begins with. */
  op: Operator;
  value: string;
  /** `down` when not said. */
  severity?: "degraded";
  /** Its value is always text, even when it reads like a number. */
  text?: boolean;
  /** A number, or ranges such as 200-299,404. */
  code?: boolean;
  /** A list without an order: `is` takes one item, or several with commas. */
  set?: boolean;
  /** The usual values, by name. */
  values?: Choices;
}

export function number(name: string, label: string, op: Operator, value: string): Source {
  return { name, label, ops: comparing, op, value };
}

export function text(name: string, label: string, op: Operator = "contains"): Source {
  return { name, label, ops: textual, op, value: "", text: true };
}

export function code(name: string, label: string, op: Operator, value: string): Source {
  return { name, label, ops: coded, op, value, code: true };
}

export function set(name: string, label: string): Source {
  return { name, label, ops: ofSets, op: "contains", value: "", text: true, set: true };
}

export const named = (...names: string[]): Choices => names.map((name) => [name, name]);

const phases: Choices = [["dns", "DNS"], ["connect", t("connect")], ["tls", "TLS"], ["first_byte", t("first byte")], ["transfer", t("transfer")]];

const latency: Source = { ...number("latency", t("Latency (ms)"), "lt", "800"), severity: "degraded" };
export const timed: readonly Source[] = [latency, { ...number("phase", t("Phase (ms)"), "lt", "300"), path: "phase", paths: phases }, text("remote_address", t("Remote address"), "eq")];
export const certificateDays: Source = { ...number("certificate_days", t("Certificate days left"), "gte", "14"), severity: "degraded" };
export const certified: readonly Source[] = [certificateDays, ...timed];

export const httpStatus = code("status", t("HTTP status"), "in", "200-299");
export const body = text("body", t("Body"));
export const bodyBytes = number("body_bytes", t("Body size (bytes)"), "gt", "0");
export const header: Source = { ...text("header", t("Header"), "eq"), ops: [...textual, "lt", "lte", "gt", "gte"], path: "name" };
export const json: Source = { name: "json", label: t("JSON value"), ops: every, path: "$.path", op: "eq", value: "true" };
