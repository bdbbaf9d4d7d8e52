/** A check as it is being typed: the fields, the schedule and the assertions, and the document they make. */
import { fieldsOf, sourceOf, sourcesOf } from "./check_fields.ts";
import { documentOf, draftOf, emptyDraft, type Draft, type Written } from "./fields.ts";
import { t } from "./i18n.ts";
import { valueless } from "./kinds/sources.ts";
import { textOf } from "./pointer.ts";
import type { FieldError, Json, JsonObject } from "./types.ts";

export interface AssertionDraft {
  /** Keeps a row's identity while others are removed. */
  key: number;
  source: string;
  path: string;
  op: string;
  value: string;
  severity: string;
}

export interface ScheduleDraft {
  kind: "every" | "cron";
  every: string;
  cron: string;
  timezone: string;
}

export interface CheckDraft {
  type: string;
  enabled: boolean;
  /** Typed values by type, so that looking at another type loses nothing. */
  values: Readonly<Record<string, Draft>>;
  schedule: ScheduleDraft;
  assertions: readonly AssertionDraft[];
  /** Whether only chosen channels are told; without, all are. */
  channels: readonly string[];
  /** Checks that explain a failure of this one: while one of them is down, nobody is told of this one. */
  dependsOn: readonly string[];
}

let lastKey = 0;

export function newCheck(type: string, zone: string): CheckDraft {
  return {
    type,
    enabled: true,
    values: { [type]: emptyDraft(fieldsOf(type)) },
    schedule: { kind: "every", every: "60s", cron: "", timezone: zone },
    assertions: type === "http" ? [newAssertion("http", "status")] : [],
    channels: [],
    dependsOn: [],
  };
}

export function newAssertion(type: string, name: string): AssertionDraft {
  const { op = "eq", value = "", severity = "down", paths } = sourceOf(type, name) ?? {};
  return { key: ++lastKey, source: name, path: paths?.[0]?.[0] ?? "", op, value, severity };
}

/** A draft from elsewhere brings keys that may be those of rows made here. */
export function withOwnKeys(draft: CheckDraft): CheckDraft {
  return { ...draft, assertions: draft.assertions.map((assertion) => ({ ...assertion, key: ++lastKey })) };
}

/** A draft of the kind that was pasted: its target is what was pasted and nothing of before; a name that somebody gave stays. */
export function withPasted(draft: CheckDraft, type: string, values: Draft): CheckDraft {
  const next = withType(draft, type);
  const before = next.values[type]!;
  const kept = Object.fromEntries(Object.entries(before).filter(([pointer]) => pointer.startsWith("/") && !pointer.startsWith("/target/")));
  const name = before["/name"] || values["/name"] || "";
  return { ...next, values: { ...next.values, [type]: { ...emptyDraft(fieldsOf(type)), ...kept, ...values, "/name": name } } };
}

/** What the name, thresholds and tags were on the old type, the new type begins with. */
export function withType(draft: CheckDraft, type: string): CheckDraft {
  const shared = Object.fromEntries(Object.entries(draft.values[draft.type] ?? {}).filter(([pointer]) => !pointer.startsWith("/target/")));
  const values = { ...draft.values, [type]: { ...emptyDraft(fieldsOf(type)), ...draft.values[type], ...shared } };
  const known = sourcesOf(type).map((source) => source.name);
  return { ...draft, type, values, assertions: draft.assertions.filter((assertion) => known.includes(assertion.source)) };
}

export function draftOfCheck(check: JsonObject, zone: string): CheckDraft {
  const type = textOf(check["type"]);
  const schedule = (check["schedule"] ?? {}) as Partial<Record<string, string>>;
  return {
    type,
    enabled: check["enabled"] !== false,
    values: { [type]: draftOf(fieldsOf(type), check) },
    schedule: {
      kind: schedule["cron"] ? "cron" : "every",
      every: schedule["every"] ?? "60s",
      cron: schedule["cron"] ?? "",
      timezone: schedule["timezone"] ?? zone,
    },
    assertions: ((check["assertions"] ?? []) as JsonObject[]).map((assertion) => draftOfAssertion(type, assertion)),
    channels: (check["channels"] ?? []) as string[],
    dependsOn: (check["dependsOn"] ?? []) as string[],
  };
}

/** The document that is sent. `base` is the check as it was read, {} for a new one. */
export function documentOfDraft(draft: CheckDraft, base: JsonObject): Written {
  const { document, errors } = documentOf(fieldsOf(draft.type), draft.values[draft.type] ?? {}, base);
  const assertions = draft.assertions.map((assertion, index) => documentOfAssertion(draft.type, assertion, index, errors));
  document["type"] = draft.type;
  document["enabled"] = draft.enabled;
  document["assertions"] = assertions;
  document["channels"] = [...draft.channels];
  document["dependsOn"] = [...draft.dependsOn];
  // When a heartbeat is looked at follows from what is expected of its job, unless somebody has said otherwise.
  if (draft.type !== "heartbeat") document["schedule"] = scheduleOf(draft.schedule, errors);
  return { document, errors };
}

function scheduleOf({ kind, every, cron, timezone }: ScheduleDraft, errors: FieldError[]): JsonObject {
  if (kind === "every") {
    const text = every.trim();
    if (!/^\d+(ms|s|m|h|d)$/.test(text)) errors.push({ pointer: "/schedule/every", message: t("“{text}” is not a duration such as 30s, 5m or 1h", { text }) });
    return { every: text };
  }
  if (cron.trim() === "") errors.push({ pointer: "/schedule/cron", message: t("is needed") });
  return { cron: cron.trim(), ...(timezone.trim() && { timezone: timezone.trim() }) };
}

function draftOfAssertion(type: string, given: JsonObject): AssertionDraft {
  const source = textOf(given["source"]);
  return {
    key: ++lastKey,
    source,
    path: textOf(given["path"]),
    op: textOf(given["op"]),
    value: shownValue(given["value"], typingOf(type, source, textOf(given["op"]))),
    severity: textOf(given["severity"]) || "down",
  };
}

function documentOfAssertion(type: string, draft: AssertionDraft, index: number, errors: FieldError[]): JsonObject {
  const source = sourceOf(type, draft.source);
  if (source?.path && draft.path.trim() === "") errors.push({ pointer: `/assertions/${index}/path`, message: t("is needed") });
  return {
    source: draft.source,
    op: draft.op,
    ...(draft.path.trim() && { path: draft.path.trim() }),
    ...(takesValue(draft) && { value: typedValue(draft.value, typingOf(type, draft.source, draft.op)) }),
    severity: draft.severity,
  };
}

/** How the value of an assertion is typed: as plain text, as a list with commas, as one text or such a list, or as whatever it reads like. */
type Typing = "text" | "texts" | "set" | "list" | "any";

function typingOf(type: string, name: string, op: string): Typing {
  if (valueless.includes(op)) return "any";
  const source = sourceOf(type, name);
  const isText = source?.text === true && !["lt", "lte", "gt", "gte"].includes(op);
  if (op === "in" || op === "not_in") return source?.code ? "any" : isText ? "texts" : "list";
  if (source?.set && (op === "eq" || op === "ne")) return "set";
  return isText || op.endsWith("matches") || op.endsWith("contains") ? "text" : "any";
}

/** "exists" takes a value only to say the opposite: false. */
export function takesValue({ op, value }: AssertionDraft): boolean {
  return !valueless.includes(op) || value.trim() === "false";
}

/** `800` is a number, `true` a boolean, `"800"` and everything else text; a list is `a, b` or JSON. */
export function typedValue(typed: string, typing: Typing): Json {
  if (typing === "text") return typed;
  const parsed = parsedJson(typed);
  if (typing === "any") return parsed === undefined ? typed : parsed;
  if (Array.isArray(parsed)) return parsed;
  if (typing === "set" && (typeof parsed === "string" || !typed.includes(","))) return typeof parsed === "string" ? parsed : typed.trim();
  const parts = typed.split(",").map((part) => part.trim()).filter(Boolean);
  return parts.map((part) => typedValue(part, typing === "list" ? "any" : "text"));
}

export function shownValue(value: Json | undefined, typing: Typing): string {
  if (value === undefined) return "";
  if (typing === "text" || typing === "any" || (typing === "set" && typeof value === "string")) {
    if (typeof value !== "string") return JSON.stringify(value);
    return typing === "text" || typedValue(value, typing) === value ? value : JSON.stringify(value);
  }
  const joined = Array.isArray(value) ? value.map((item) => shownValue(item, typing === "list" ? "any" : "text")).join(", ") : textOf(value);
  // A comma inside an item would tear it apart on the way back.
  return JSON.stringify(typedValue(joined, typing)) === JSON.stringify(value) ? joined : JSON.stringify(value);
}

function parsedJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
