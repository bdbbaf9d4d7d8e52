/** The `errors` of a GraphQL answer (GraphQL specification, 7.1), as far as people and assertions look at them. */
import { textOf } from "../values.ts";
import type { JsonObject } from "./probe.ts";

/** A request that was not carried out, or data of which parts are missing. */
export type ErrorScope = "any" | "without_data";

const maxText = 300;

/** Throws an Error with the reason when the document is no GraphQL answer. */
export function graphqlErrors(document: unknown, scope: ErrorScope): JsonObject[] {
  if (typeof document !== "object" || document === null || Array.isArray(document)) throw new Error("the answer is not a GraphQL response object");
  const { errors, data } = document as { errors?: unknown; data?: unknown };
  if (errors === undefined && data === undefined) throw new Error("the answer has neither data nor errors");
  if (errors === undefined || errors === null) return [];
  if (!Array.isArray(errors)) throw new Error("errors is not a list");
  return scope === "without_data" && data !== undefined && data !== null ? [] : errors.map(factsOf);
}

/** "not found (at user.name, code NOT_FOUND)": what an assertion on `graphql_errors` reads. */
export function errorText({ message, path, code }: JsonObject): string {
  const details = [path === undefined ? "" : `at ${textOf(path)}`, code === undefined ? "" : `code ${textOf(code)}`].filter((detail) => detail !== "");
  return details.length === 0 ? textOf(message) : `${textOf(message)} (${details.join(", ")})`;
}

function factsOf(error: unknown): JsonObject {
  if (typeof error !== "object" || error === null) return { message: textOf(error) };
  const { message, path, extensions } = error as { message?: unknown; path?: unknown; extensions?: { code?: unknown } | null };
  const facts: JsonObject = { message: textOf(message ?? error) };
  if (Array.isArray(path) && path.length > 0) facts.path = path.slice(0, 50).map(textOf).join(".").slice(0, maxText);
  const code = extensions?.code;
  if (code !== undefined && code !== null) facts.code = textOf(code).slice(0, maxText);
  return facts;
}
