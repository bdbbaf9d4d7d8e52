import { t } from "../i18n.ts";
import { headers, overHttp } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { body, bodyBytes, certified, header, httpStatus, json, listing, type Source } from "./sources.ts";

const errors: Source = { name: "graphql_errors", label: t("Errors"), ops: ["is_empty", "exists", "contains", "not_contains", "matches", "not_matches"], op: "is_empty", value: "" };
const schemaHash: Source = { name: "schema_hash", label: t("Schema hash"), ops: listing, op: "eq", value: "", text: true };

export const graphql: Kind = {
  about: t("A query gets its data, without errors"),
  fields: [
    { pointer: "/target/url", label: t("URL"), kind: "text", required: true, placeholder: "https://api.example/graphql", wide: true },
    { pointer: "/target/query", label: t("Query"), kind: "area", required: true, wide: true, placeholder: "{ products { id } }" },
    { pointer: "/target/watchSchema", label: t("Watch the schema"), kind: "flag", hint: t("Reads it by introspection: a breaking change makes the check degraded") },
    {
      pointer: "/target/partialData",
      label: t("Data together with errors"),
      kind: "choice",
      choices: [["", t("Is down")], ["degraded", t("Is degraded")], ["allow", t("Is up")]],
      more: true,
    },
    { pointer: "/target/variables", label: t("Variables"), kind: "json", more: true, wide: true, placeholder: '{ "first": 10 }' },
    { pointer: "/target/operationName", label: t("Operation name"), kind: "text", more: true },
    headers,
    ...overHttp,
  ],
  sources: [{ ...json, path: "$.data.…" }, errors, schemaHash, httpStatus, header, body, bodyBytes, ...certified],
  standard: t("Without any, an answer without errors is up."),
};
