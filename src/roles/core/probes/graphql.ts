/** The `graphql` kind: a POST over HTTP whose `errors` count, whatever the status says. */
import { prepareHttp } from "./http.ts";
import type { HttpTarget } from "./http_request.ts";
import type { Json, JsonObject, PreparedProbe, ProbeLimits } from "./probe.ts";

export interface GraphqlTarget extends Omit<HttpTarget, "method" | "body" | "bodyEncoding"> {
  query: string;
  variables?: JsonObject;
  operationName?: string;
  /** Partial data with errors is acceptable. */
  allowErrors?: boolean;
}

export function prepareGraphql(target: JsonObject, _limits: ProbeLimits): PreparedProbe {
  const { query, variables, operationName, allowErrors, ...http } = target as unknown as GraphqlTarget;
  const body: { [key: string]: Json } = { query };
  if (variables) body.variables = variables;
  if (operationName) body.operationName = operationName;
  const headers = { Accept: "application/graphql-response+json, application/json", ...http.headers };
  const probe = prepareHttp({ ...http, headers, method: "POST", body, bodyEncoding: "json" } as unknown as JsonObject, { keepsBody: true });
  if (allowErrors) return probe;
  // The errors come first: they say more than the status that a server may send with them.
  return { ...probe, implied: [{ source: "graphql_errors", op: "is_empty", value: true }, ...probe.implied] };
}
