/** Input against its schema; every problem with a JSON pointer to where it is. Values are never repeated: they may be secrets. */
import { AppError, type FieldError, pointerOf } from "#kernel/errors";
import { plainMessage } from "#kernel/plain_message";
import type { z, ZodType } from "zod";

export function validated<T>(schema: ZodType<T>, input: unknown, what: "body" | "query"): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.flatMap(fieldErrors);
  const summary = fields.length === 1 ? `${fields[0]!.pointer || `the ${what}`}: ${fields[0]!.message}` : `${fields.length} problems`;
  throw new AppError("invalid_argument", `the ${what} is not valid: ${summary}`, { fields });
}

/** The query as an object; a parameter given twice is refused rather than one of them ignored. */
export function queryOf(url: string): Record<string, string> {
  const at = url.indexOf("?");
  // Without a prototype every name is a parameter like any other, "__proto__" too.
  const query = Object.create(null) as Record<string, string>;
  if (at < 0) return query;
  for (const [name, value] of new URLSearchParams(url.slice(at + 1))) {
    if (Object.hasOwn(query, name)) {
      throw new AppError("invalid_argument", `the query is not valid: ${name} is given twice`, { fields: [{ pointer: pointerOf([name]), message: "given twice" }] });
    }
    query[name] = value;
  }
  return query;
}

function fieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), message: "unknown field" }));
  }
  const cause = issue.code === "invalid_key" ? (issue.issues[0] ?? issue) : issue;
  return [{ pointer: pointerOf(issue.path), message: messageOf(cause) }];
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type" && issue.message.endsWith("received undefined")) return "required";
  return plainMessage(issue.message);
}
