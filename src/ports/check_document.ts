/**
 * A check as a person writes it (`api.md`): one strict schema per type, every default, and messages that say what is wrong
 * and what would be right. What passes here can be run and judged. `schedule` is not part of it: it belongs to the scheduler.
 */
import { z } from "zod";
import { type FieldError, pointerOf } from "#kernel/errors";
import { checkTypes, compileJsonPath, compilePattern, operators, parseRanges, phases, ruleOf, severities, sources, sourcesOf, type CheckType, type Operator, type Source } from "./assertion_language.ts";
import { targets } from "./check_targets.ts";

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

const common = {
  name: z.string("must be a text").trim().min(1, "must not be empty").max(200, "must be at most 200 characters").refine(isOneLine, oneLine),
  enabled: z.boolean("must be true or false").default(true),
  assertions: z.array(assertion).max(50, "at most 50 assertions").default([]),
  timeoutMs: whole(100, 120_000).default(10_000),
  retries: whole(0, 10).default(1),
  retryDelayMs: whole(0, 60_000).default(1_000),
  failureThreshold: whole(1, 100).default(2),
  recoveryThreshold: whole(1, 100).default(2),
  tags: z
    .record(z.string().regex(/^[A-Za-z0-9][\w.\-/]{0,62}$/, "must be 1 to 63 letters, digits or ._-/"), z.string("must be a text").max(200, "must be at most 200 characters").refine(isOneLine, oneLine))
    .refine((tags) => Object.keys(tags).length <= 50, "at most 50 tags")
    .default({}),
  dependsOn: idList("chk", "check"),
  channels: idList("chn", "channel"),
  severity: z.enum(["critical", "warning"], "must be critical or warning").optional(),
};

const documentOf = <T extends CheckType>(type: T) => z.strictObject({ type: z.literal(type), target: targets[type], ...common });

/** For OpenAPI: the shape alone; the rules between fields are in `parseCheckDocument`. */
export const checkDocumentSchema = z.discriminatedUnion("type", [documentOf("http"), documentOf("tcp"), documentOf("grpc"), documentOf("graphql")], {
  error: `must be one of ${checkTypes.join(", ")}`,
});

export function parseCheckDocument(json: unknown): ParsedCheckDocument {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return { ok: false, fields: [{ pointer: "", message: "must be a JSON object" }] };
  const parsed = checkDocumentSchema.safeParse(json);
  if (!parsed.success) return { ok: false, fields: parsed.error.issues.flatMap((issue) => fieldsOf(issue, json)) };
  const check = parsed.data as CheckDocument;
  const fields = check.assertions.flatMap((text, index) => assertionProblems(text, check.type).map(({ key, message }) => ({ pointer: pointerOf(["assertions", index, key]), message })));
  return fields.length > 0 ? { ok: false, fields } : { ok: true, check };
}

/** Paths within `target` whose values are shown as "***" and kept when "***" is written back. `*` stands for any key. */
export function secretPathsOf(type: CheckType): string[] {
  const http = ["auth.password", "auth.token", "auth.clientSecret", "tls.keyPem", "proxy.password", ...secretHeaders.map((name) => `headers.${name}`)];
  const byType: Record<CheckType, string[]> = {
    http,
    graphql: http,
    tcp: ["tls.keyPem"],
    grpc: ["tls.keyPem", "auth.token", ...secretHeaders.map((name) => `metadata.${name}`)],
  };
  return byType[type];
}

/** Names in lower case: a header's name is compared without case. */
const secretHeaders = ["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token", "x-access-token", "x-csrf-token"];

interface AssertionProblem {
  key: "source" | "op" | "path" | "value";
  message: string;
}

function assertionProblems(text: CheckAssertion, type: CheckType): AssertionProblem[] {
  const { source, op } = text;
  const rule = ruleOf(source);
  if (!sourcesOf[type].includes(source)) return [{ key: "source", message: `"${source}" is not known of a ${type} check, only ${sourcesOf[type].join(", ")}` }];
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
  if (source === "status" || source === "grpc_status") return statusProblem(op, value);
  if (op === "in" || op === "not_in") return Array.isArray(value) && value.length > 0 ? undefined : "must be a list of values";
  const isOrder = ["lt", "lte", "gt", "gte"].includes(op);
  if (isOrder || ruleOf(source).isNumeric) return typeof value === "number" ? undefined : "must be a number";
  return source !== "json" && typeof value === "object" ? "must be a text or a number" : undefined;
}

function statusProblem(op: Operator, value: unknown): string | undefined {
  if (["lt", "lte", "gt", "gte"].includes(op)) return typeof value === "number" ? undefined : "must be a number";
  return parseRanges(value) ? undefined : `${JSON.stringify(value)} is not a status, a range such as "200-299,404", or a list of them`;
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
  if (issue.code === "invalid_key") return [{ pointer: pointerOf(issue.path), message: lowered(issue.issues[0]?.message ?? issue.message) }];
  const given = issue.path.reduce((value: unknown, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], json);
  return [{ pointer: pointerOf(issue.path), message: given === undefined && issue.code !== "custom" ? "is required" : lowered(issue.message) }];
}

/** The library's own messages begin with a capital. */
function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
