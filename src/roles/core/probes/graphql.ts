/** The `graphql` kind: a POST over HTTP whose `errors` count, whatever the status says. */
import { AppError } from "#kernel/errors";
import type { Source } from "#ports/assertion_language";
import type { Failure } from "../net/failure.ts";
import { brief } from "../values.ts";
import { graphqlErrors } from "./graphql_answer.ts";
import { prepareHttp } from "./http.ts";
import { HttpAttempt } from "./http_attempt.ts";
import type { HttpTarget } from "./http_request.ts";
import type { ImpliedAssertion, Json, JsonObject, PreparedProbe, ProbeLimits } from "./probe.ts";
import { introspectionQuery, maxSchemaBytes, SchemaWatch, type SeenSchema } from "./schema_watch.ts";

export interface GraphqlTarget extends Omit<HttpTarget, "method" | "body" | "bodyEncoding"> {
  query: string;
  variables?: JsonObject;
  operationName?: string;
  /** Errors are no failure at all. */
  allowErrors?: boolean;
  /** What data and errors in one answer mean; `down` when not said. */
  partialData?: "down" | "degraded" | "allow";
  /** Reads the schema by introspection too, and says when it breaks. */
  watchSchema?: boolean;
}

const none: ImpliedAssertion = { source: "graphql_errors", op: "is_empty", value: true };
const noneWithoutData: ImpliedAssertion = { ...none, path: "without_data" };

const onErrors: Record<"down" | "degraded" | "allow", ImpliedAssertion[]> = {
  down: [none],
  degraded: [noneWithoutData, { ...none, severity: "degraded" }],
  allow: [noneWithoutData],
};

export function prepareGraphql(target: JsonObject, _limits: ProbeLimits): PreparedProbe {
  const { query, variables, operationName, allowErrors, partialData = "down", watchSchema, ...http } = target as unknown as GraphqlTarget;
  const body: { [key: string]: Json } = { query };
  if (variables) body.variables = variables;
  if (operationName) body.operationName = operationName;
  const probe = prepareHttp(postOf(http, body), { keepsBody: true }, GraphqlAttempt);
  // The errors come first: they say more than the status that a server may send with them.
  const implied = allowErrors ? probe.implied : [...onErrors[partialData], ...probe.implied];
  return watchSchema ? { implied, remembers: true, attempt: watched(probe, http) } : { ...probe, implied };
}

/** The check's own query, then its API's schema. */
function watched(probe: PreparedProbe, http: Omit<GraphqlTarget, "query">): PreparedProbe["attempt"] {
  const introspection = postOf({ ...http, maxBytes: maxSchemaBytes }, { query: introspectionQuery, operationName: "IntrospectionQuery" });
  const watch = new SchemaWatch(prepareHttp(introspection, { keepsBody: true, keptBytes: maxSchemaBytes }));
  return (environment, timeoutMs, onDone) =>
    probe.attempt(environment, timeoutMs, (attempt) => {
      // Without an answer to the query there is nothing to add; the token request of an attempt may have failed too.
      if (attempt.failure || !(attempt instanceof GraphqlAttempt)) return onDone(attempt);
      watch.look(environment, Math.max(1, timeoutMs - attempt.latencyMs), (seen) => {
        attempt.schema = seen;
        onDone(attempt);
      });
    });
}

function postOf(http: Omit<GraphqlTarget, "query">, body: JsonObject): JsonObject {
  const headers = { Accept: "application/graphql-response+json, application/json", ...http.headers };
  return { ...http, headers, method: "POST", body, bodyEncoding: "json" } as unknown as JsonObject;
}

const maxShownErrors = 20;

class GraphqlAttempt extends HttpAttempt {
  /** What was seen of the schema, where it is watched. */
  schema: SeenSchema | undefined = undefined;

  get degradation(): Failure | undefined {
    return this.schema?.degradation;
  }

  override fact(source: Source): unknown {
    if (source !== "schema_hash") return super.fact(source);
    const { hash, problem } = this.schema ?? {};
    if (hash === undefined && problem !== undefined) throw new AppError("unavailable", problem);
    return hash;
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts = super.observed(withExcerpt);
    const errors = this.#errors();
    if (errors.length > 0) facts.errors = errors.slice(0, maxShownErrors).map((error) => brief(error) as JsonObject);
    const { hash, changes, problem } = this.schema ?? {};
    if (hash !== undefined) facts.schemaHash = hash;
    if (changes && changes.length > 0) facts.schemaChanges = changes.map((change) => ({ ...change }));
    if (problem !== undefined) facts.schemaProblem = problem;
    return facts;
  }

  #errors(): JsonObject[] {
    if (this.failure) return [];
    try {
      return graphqlErrors(this.document(), "any");
    } catch {
      return [];
    }
  }
}
