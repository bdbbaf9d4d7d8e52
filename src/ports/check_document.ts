/**
 * A check as a person writes it (`api.md`): one strict schema per type, every default, and messages that say what is wrong
 * and what would be right. What passes here can be run and judged. `schedule` is not part of it: it belongs to the scheduler.
 */
import { z } from "zod";
import { type FieldError, pointerOf } from "#kernel/errors";
import { plainMessage } from "#kernel/plain_message";
import { checkTypes, compileJsonPath, compilePattern, operators, parseRanges, phases, ruleOf, severities, sources, sourcesOf, type CheckType, type Operator, type Source } from "./assertion_language.ts";
import { targets } from "./check_targets.ts";
import { parseGrpcStatus } from "./grpc_status.ts";
import { homeLocation } from "./queue.ts";
import type { Quorum } from "./quorum.ts";
import { icmpProblem } from "./targets/icmp.ts";

export interface CheckAssertion {
  source: Source;
  op: Operator;
  value?: unknown;
  path?: string;
  severity: "down" | "degraded";
}

export interface CheckDocument {
  name: string;
  type: CheckType;
  enabled: boolean;
  target: Record<string, unknown>;
  assertions: CheckAssertion[];
  timeoutMs: number;
  retries: number;
  retryDelayMs: number;
  failureThreshold: number;
  recoveryThreshold: number;
  quorum: Quorum;
  locations: string[];
  tags: Record<string, string>;
  dependsOn: string[];
  channels: string[];
  severity?: "critical" | "warning";
}

export type ParsedCheckDocument = { ok: true; check: CheckDocument } | { ok: false; fields: FieldError[] };

const whole = (min: number, max: number) => z.number(`must be a whole number from ${min} to ${max}`).int(`must be a whole number from ${min} to ${max}`).min(min, `must be at least ${min}`).max(max, `must be at most ${max}`);

const idList = (prefix: string, what: string) =>
  z.array(z.string().regex(new RegExp(`^${prefix}_[0-9A-Za-z]{1,40}$`), `must be the id of a ${what}, such as ${prefix}_01J…`)).max(50, "at most 50 entries").default([]);

const jsonValue = z.json().refine((value) => JSON.stringify(value).length <= 8_192, "must be at most 8192 characters of JSON");

const assertion = z.strictObject({
  source: z.enum(sources, `must be one of ${sources.join(", ")}`),
  op: z.enum(operators, `must be one of ${operators.join(", ")}`),
  value: jsonValue.optional(),
  path: z.string().min(1).max(500).optional(),
  severity: z.enum(severities, `must be one of ${severities.join(", ")}`).default("down"),
});

/** Names and tags stand in subjects, tables and logs, where a line break or an escape would pass for something else. */
const isOneLine = (value: string) => !/[\u0000-\u001f\u007f]/.test(value);
const oneLine = "must not hold line breaks or other control characters";

/** One word, since it stands in ids, flags and addresses. */
export const locationName = z
  .string("must be a text")
  .regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, "must be the name of a location, such as eu-1: 1 to 40 small letters, digits or hyphens, the first and the last no hyphen");

const locationList = z
  .array(locationName)
  .min(1, "must name at least one location")
  .max(20, "at most 20 locations")
  .superRefine((names, context) => {
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index) context.addIssue({ code: "custom", path: [index], message: `"${name}" is named twice` });
    }
  });

const common = {
  name: z.string("must be a text").trim().min(1, "must not be empty").max(200, "must be at most 200 characters").refine(isOneLine, oneLine),
  enabled: z.boolean("must be true or false").default(true),
  assertions: z.array(assertion).max(50, "at most 50 assertions").default([]),
  timeoutMs: whole(100, 120_000).default(10_000),
  retries: whole(0, 10).default(1),
  retryDelayMs: whole(0, 60_000).default(1_000),
  failureThreshold: whole(1, 100).default(2),
  recoveryThreshold: whole(1, 100).default(2),
  quorum: z.union([z.literal(["any", "majority", "all"]), z.number().int().min(1).max(100)], 'must be "any", "majority", "all", or a whole number from 1 to 100').default("majority"),
  locations: locationList.default([homeLocation]),
  tags: z
    .record(z.string().regex(/^[A-Za-z0-9][\w.\-/]{0,62}$/, "must be 1 to 63 letters, digits or ._-/"), z.string("must be a text").max(200, "must be at most 200 characters").refine(isOneLine, oneLine))
    .refine((tags) => Object.keys(tags).length <= 50, "at most 50 tags")
    .default({}),
  dependsOn: idList("chk", "check"),
  channels: idList("chn", "channel"),
  severity: z.enum(["critical", "warning"], "must be critical or warning").optional(),
};

/** A job's word is no flickering network: its grace is all the patience there is, and one success ends it. */
const byType: Partial<Record<CheckType, Partial<typeof common>>> = {
  heartbeat: { retries: whole(0, 10).default(0), failureThreshold: whole(1, 100).default(1), recoveryThreshold: whole(1, 100).default(1), locations: locationList.refine((names) => names.join() === homeLocation, `a heartbeat runs nowhere: its job reports, and only ["${homeLocation}"] can stand here`).default([homeLocation]) },
};

const documentOf = <T extends CheckType>(type: T) => z.strictObject({ type: z.literal(type), target: targets[type], ...common, ...byType[type] });

/** For OpenAPI: the shape alone; the rules between fields are in `parseCheckDocument`. */
export const checkDocumentSchema = z.discriminatedUnion("type", checkTypes.map(documentOf) as unknown as [ReturnType<typeof documentOf>], {
  error: `must be one of ${checkTypes.join(", ")}`,
});

/** Told at once: nobody reads more, and a hostile document has as many as it has fields. */
const mostProblems = 100;

export function parseCheckDocument(json: unknown): ParsedCheckDocument {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return { ok: false, fields: [{ pointer: "", message: "must be a JSON object" }] };
  const parsed = checkDocumentSchema.safeParse(json);
  if (!parsed.success) return { ok: false, fields: parsed.error.issues.slice(0, mostProblems).flatMap((issue) => fieldsOf(issue, json)).slice(0, mostProblems) };
  const check = parsed.data as CheckDocument;
  const fields = check.assertions.flatMap((text, index) => assertionProblems(text, check).map(({ key, message }) => ({ pointer: pointerOf(["assertions", index, key]), message })));
  const slow = check.type === "icmp" ? icmpProblem(check.target, check.timeoutMs) : undefined;
  if (slow) fields.push({ pointer: "/target/intervalMs", message: slow });
  return fields.length > 0 ? { ok: false, fields } : { ok: true, check };
}

interface AssertionProblem {
  key: "source" | "op" | "path" | "value";
  message: string;
}

function assertionProblems(text: CheckAssertion, { type, target }: CheckDocument): AssertionProblem[] {
  const { source, op } = text;
  const rule = ruleOf(source);
  if (!sourcesOf[type].includes(source)) return [{ key: "source", message: `"${source}" is not known of a ${type} check, only ${sourcesOf[type].join(", ")}` }];
  if (source === "schema_hash" && !(target as { watchSchema?: boolean }).watchSchema) return [{ key: "source", message: "schema_hash needs watchSchema in the target" }];
  if (!rule.ops.includes(op)) return [{ key: "op", message: `"${op}" does not go with ${source}, only ${rule.ops.join(", ")}` }];
  const problems: AssertionProblem[] = [];
  const path = pathProblem(text);
  if (path) problems.push({ key: "path", message: path });
  const value = valueProblem(text);
  if (value) problems.push({ key: "value", message: value });
  return problems;
}

function pathProblem({ source, path }: CheckAssertion): string | undefined {
  const kind = ruleOf(source).path;
  if (kind === undefined) return path === undefined ? undefined : `${source} takes no path`;
  if (path === undefined) return { name: `${source} needs the name in path`, json: "json needs a JSON path in path, such as $.data.ok", phase: `phase needs one of ${phases.join(", ")} in path` }[kind];
  if (kind === "phase") return (phases as readonly string[]).includes(path) ? undefined : `"${path}" is not one of ${phases.join(", ")}`;
  if (kind === "name") return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,200}$/.test(path) ? undefined : `"${path}" cannot be the name of a header`;
  return reasonOf(() => compileJsonPath(path));
}

function valueProblem({ source, op, value }: CheckAssertion): string | undefined {
  if (op === "exists" || op === "is_empty") return value === undefined || typeof value === "boolean" ? undefined : `${op} takes true or false, or no value`;
  if (value === undefined) return `${op} needs a value`;
  if (op === "matches" || op === "not_matches") return typeof value === "string" ? reasonOf(() => compilePattern(value)) : "must be a pattern, as text";
  if (source === "status") return statusProblem(op, value);
  if (source === "grpc_status") return grpcStatusProblem(op, value);
  const version = source === "tls_version" ? versionProblem(value) : undefined;
  if (version) return version;
  const misspelt = nameProblem(ruleOf(source).names, value);
  if (misspelt) return misspelt;
  if (op === "in" || op === "not_in") return Array.isArray(value) && value.length > 0 ? blurredProblem(value) : "must be a list of values";
  if (ruleOf(source).set && Array.isArray(value) && (op === "eq" || op === "ne")) return value.every((item) => typeof item === "string") ? undefined : "must be a text, or a list of texts";
  const isOrder = ["lt", "lte", "gt", "gte"].includes(op);
  if (isOrder || ruleOf(source).isNumeric) return typeof value === "number" ? undefined : "must be a number";
  const blurred = blurredProblem([value]);
  if (blurred) return blurred;
  return source !== "json" && typeof value === "object" ? "must be a text or a number" : undefined;
}

/** An id that was rounded on its way would equal its neighbours. */
function blurredProblem(values: unknown[]): string | undefined {
  const blurred = values.find((value) => Number.isInteger(value) && !Number.isSafeInteger(value));
  return blurred === undefined ? undefined : `${JSON.stringify(blurred)} is beyond 2^53, where JSON numbers run into each other: look for it as text in the body`;
}

/** Versions are decimals, so that they can be compared in order, too. */
function versionProblem(value: unknown): string | undefined {
  const unknown = (Array.isArray(value) ? value : [value]).find((item) => ![1, 1.1, 1.2, 1.3, "1.0", "1.1", "1.2", "1.3"].includes(item));
  return unknown === undefined ? undefined : `${JSON.stringify(unknown)} is not a version of TLS: 1.0, 1.1, 1.2 or 1.3`;
}

function nameProblem(names: readonly string[] | undefined, value: unknown): string | undefined {
  const unknown = names && [value].flat().find((item) => !names.includes(item as string));
  return unknown === undefined ? undefined : `${JSON.stringify(unknown)} is not one of ${names!.join(", ")}`;
}

function statusProblem(op: Operator, value: unknown): string | undefined {
  if (["lt", "lte", "gt", "gte"].includes(op)) return typeof value === "number" ? undefined : "must be a number";
  return parseRanges(value) ? undefined : `${JSON.stringify(value)} is not a status, a range such as "200-299,404", or a list of them`;
}

function grpcStatusProblem(op: Operator, value: unknown): string | undefined {
  if (["lt", "lte", "gt", "gte"].includes(op)) return typeof value === "number" ? undefined : "must be a number";
  return parseGrpcStatus(value) ? undefined : `${JSON.stringify(value)} is not a gRPC status such as 5 or "NOT_FOUND", a range such as "1-16", or a list of them`;
}

function reasonOf(compile: () => unknown): string | undefined {
  try {
    compile();
    return undefined;
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}

function fieldsOf(issue: z.core.$ZodIssue, json: object): FieldError[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), message: "is not known here" }));
  if (issue.code === "invalid_key") return [{ pointer: pointerOf(issue.path), message: plainMessage(issue.issues[0]?.message ?? issue.message) }];
  const given = issue.path.reduce((value: unknown, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], json);
  return [{ pointer: pointerOf(issue.path), message: given === undefined && issue.code !== "custom" ? "is required" : plainMessage(issue.message) }];
}
