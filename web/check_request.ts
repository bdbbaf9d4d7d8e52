/** What the editor of a check sends, and to which of its fields an answer belongs. */
import { create, patch, post, Problem } from "./api.ts";
import { documentOfDraft, type CheckDraft } from "./check_draft.ts";
import { fieldsOf } from "./check_fields.ts";
import { errorsByField } from "./fields.ts";
import { t } from "./i18n.ts";
import type { SummedError } from "./parts/error_summary.tsx";
import { mergePatch, sortErrors, textOf } from "./pointer.ts";
import type { Check, FieldError, JsonObject, Result } from "./types.ts";

/** The document to send; what cannot be sent is refused here in the same shape in which the server would refuse it. */
export function checked(draft: CheckDraft, base: JsonObject): JsonObject {
  const { document, errors } = documentOfDraft(draft, base);
  if (errors.length > 0) throw new Problem(422, "invalid_argument", t("Some fields cannot be used as they are."), errors);
  return document;
}

export async function storeCheck(document: JsonObject, read: JsonObject | undefined, key: string): Promise<Check> {
  if (!read) return create<Check>("/checks", writable(document), key);
  const changes = mergePatch(writable(read), writable(document));
  if (Object.keys(changes).length === 0) return read as unknown as Check;
  return patch<Check>(`/checks/${textOf(read["id"])}`, Number(read["version"]), changes);
}

/** The id says whose stored secrets are meant where the document reads "***". */
export function testCheck(document: JsonObject, read: JsonObject | undefined): Promise<Result> {
  const { schedule: _when, severity, ...rest } = writable(document);
  // What is read as null is written by leaving it out; only a change may say null.
  const body = { ...rest, ...(severity && { severity }) };
  return post<Result>("/checks/test", read ? { ...body, id: textOf(read["id"]) } : body);
}

const readOnly = ["id", "version", "createdAt", "updatedAt", "tenantId", "pingUrl", "guarantee"];

function writable(document: JsonObject): JsonObject {
  const kept = Object.fromEntries(Object.entries(document).filter(([name]) => !readOnly.includes(name)));
  const schedule = kept["schedule"] as JsonObject | null | undefined;
  if (schedule) kept["schedule"] = Object.fromEntries(["every", "cron", "timezone"].flatMap((name) => (schedule[name] ? [[name, schedule[name]]] : [])));
  return kept;
}

export interface Complaints {
  /** Messages by the pointer of the field that shows them. */
  at: Map<string, string[]>;
  /** The same, with the names of the fields, in the order of the form. */
  errors: SummedError[];
  rest: FieldError[];
}

const parts = ["source", "path", "op", "value"];

export function complaintsOf(problem: Problem | undefined, draft: CheckDraft): Complaints {
  const fields = fieldsOf(draft.type);
  const ofFields = errorsByField(problem?.fields ?? [], fields, draft.values[draft.type]!);
  const schedule = draft.schedule.kind === "every" ? ["/schedule/every"] : ["/schedule/cron", "/schedule/timezone"];
  const others = ["/schedule", "/assertions", "/dependsOn", ...schedule, ...draft.assertions.flatMap((_, index) => parts.map((part) => `/assertions/${index}/${part}`))];
  const ofOthers = sortErrors(ofFields.rest, others);
  const at = new Map([...ofFields.at, ...ofOthers.at]);
  const labels = new Map<string, string>([
    ...fields.map(({ pointer, label }): [string, string] => [pointer, label]),
    ["/schedule", t("Schedule")],
    ["/schedule/every", t("Every")],
    ["/schedule/cron", t("Cron expression")],
    ["/schedule/timezone", t("Time zone")],
    ["/assertions", t("Assertions")],
    ["/dependsOn", t("Depends on")],
  ]);
  const labelOf = (pointer: string) => labels.get(pointer) ?? t("Assertion {number}", { number: Number(pointer.split("/")[2]) + 1 });
  return { at, errors: [...at].map(([pointer, messages]) => ({ pointer, label: labelOf(pointer), message: messages.join("; ") })), rest: ofOthers.rest };
}
