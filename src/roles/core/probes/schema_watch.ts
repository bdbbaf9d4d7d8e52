/**
 * Watches the schema of a GraphQL API: an introspection query besides the check's own, on a connection of its own, within
 * the deadline of the same attempt. What it finds makes a check degraded at most, never down:
 *
 *   not readable            → degraded, with the reason
 *   first seen              → becomes the baseline
 *   as the baseline         → nothing
 *   changed, not breaking   → becomes the baseline, and the changes are shown once
 *   changed and breaking    → degraded with `schema_changed`, until a person accepts it or the API goes back
 *
 * An answer that was seen before is recognised by its bytes, and a pair of schemas that was compared by its hashes, so an
 * API that stands still costs a request and a hash.
 */
import { createHash } from "node:crypto";
import type { Clock } from "#kernel/clock";
import { failure, type Failure } from "../net/failure.ts";
import type { Schema, SchemaChange } from "./graphql_schema.ts";
import type { Attempt, CheckBaseline, PreparedProbe, RunEnvironment } from "./probe.ts";
import { createSchemaThread, type SchemaThread } from "./schema_thread.ts";

export interface SeenSchema {
  hash?: string;
  /** Against the baseline. */
  changes?: SchemaChange[];
  degradation?: Failure;
  /** Why we could not look or compare: a fault of ours, which says nothing about the API. */
  problem?: string;
}

export const maxSchemaBytes = 4_194_304;

/** Without descriptions, which no client depends on; the rest is what every server of the 2018 specification knows. */
export const introspectionQuery = `query IntrospectionQuery {
  __schema {
    queryType { name }
    mutationType { name }
    subscriptionType { name }
    types { ...FullType }
    directives { name locations args { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind
  name
  fields(includeDeprecated: true) { name args { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
  inputFields { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue { name type { ...TypeRef } defaultValue }
fragment TypeRef on __Type {
  kind
  name
  ${"ofType { kind name ".repeat(9)}${"} ".repeat(9)}
}`;

/** Reading the schemas of one check takes at most this share of the thread's time, with a burst of a few. */
const maxShare = 1 / 10;
const burstMs = 1_000;
const knownAnswers = 8;
const shownBreaking = 3;

let thread: SchemaThread | undefined;

export class SchemaWatch {
  /** By the hash of the answer's bytes; servers behind one name may each order theirs differently. */
  readonly #known = new Map<string, { hash: string } | Failure>();
  #spentMs = 0;
  #spentAt = 0;
  #compared: { before: string; after: string; changes: SchemaChange[] } | undefined = undefined;

  constructor(private readonly probe: PreparedProbe) {}

  /** `onSeen` is called once, at the deadline at the latest. */
  look(environment: RunEnvironment, leftMs: number, onSeen: (seen: SeenSchema) => void): void {
    const { clock } = environment;
    const until = clock.monotonic() + leftMs;
    this.probe.attempt(environment, leftMs, (attempt) => {
      const problem = problemOf(attempt);
      if (problem) return onSeen({ degradation: problem });
      let isTold = false;
      const tell = (seen: SeenSchema) => {
        if (isTold) return;
        isTold = true;
        timer.cancel();
        onSeen(seen);
      };
      const timer = clock.after(Math.max(1, until - clock.monotonic()), () => tell({ problem: "the schema was not compared before the deadline" }));
      this.#judge(attempt.text(), environment).then(tell, (error: Error) => tell({ problem: `the schema was not read: ${error.message}` }));
    });
  }

  async #judge(answer: string, environment: RunEnvironment): Promise<SeenSchema> {
    const { clock, baseline } = environment;
    const key = createHash("sha256").update(answer).digest("hex");
    const known = this.#known.get(key);
    const read = known === undefined ? await this.#read(answer, key, clock) : undefined;
    const seen = known ?? read!;
    if ("kind" in seen) return { degradation: introspectionFailed(seen) };
    if (!baseline) return { hash: seen.hash };
    // Texts are not kept: most are never needed again, and one may have a megabyte.
    const text = async () => {
      const again = read ?? (await this.#read(answer, key, clock));
      if ("kind" in again) throw new Error(again.message);
      return again.sdl;
    };
    try {
      return { hash: seen.hash, ...(await this.#against(baseline, seen.hash, text, clock)) };
    } catch (error) {
      return { hash: seen.hash, problem: `the schema was not compared: ${(error as Error).message}` };
    }
  }

  async #read(answer: string, key: string, clock: Clock): Promise<Schema | Failure> {
    const startedAt = clock.monotonic();
    this.#spentMs = Math.max(0, this.#spentMs - (startedAt - this.#spentAt) * maxShare);
    this.#spentAt = startedAt;
    if (this.#spentMs >= burstMs) return failure("schema_changed", "the schema changes faster than it can be compared");
    const schema = await threadOf(clock).read(answer);
    this.#spentMs += clock.monotonic() - startedAt;
    if (this.#known.size >= knownAnswers) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, "kind" in schema ? schema : { hash: schema.hash });
    return schema;
  }

  async #against(baseline: CheckBaseline, hash: string, text: () => Promise<string>, clock: Clock): Promise<SeenSchema> {
    const compared = this.#compared?.after === hash ? this.#compared : undefined;
    const before = await baseline.get("graphql_schema", compared ? [hash, compared.before] : [hash]);
    if (before?.hash === hash) return {};
    if (!before) {
      await baseline.set("graphql_schema", { hash, text: await text() });
      return {};
    }
    const changes = compared?.before === before.hash ? compared.changes : await threadOf(clock).compare(before.text, await text());
    this.#compared = { before: before.hash, after: hash, changes };
    const breaking = changes.filter(({ effect }) => effect === "breaking");
    if (breaking.length > 0) return { changes, degradation: breakingChange(breaking) };
    await baseline.set("graphql_schema", { hash, text: await text() });
    return { changes };
  }
}

function threadOf(clock: Clock): SchemaThread {
  thread ??= createSchemaThread(clock);
  return thread;
}

function problemOf(attempt: Attempt): Failure | undefined {
  if (attempt.failure) return introspectionFailed(attempt.failure);
  // A refusal is explained by the errors in its body, where there are any.
  const isJson = attempt.code >= 200 && attempt.code <= 299 ? true : attempt.text().trimStart().startsWith("{");
  return isJson ? undefined : introspectionFailed(failure("http_status", `status ${attempt.code}, expected 200-299`));
}

function introspectionFailed({ kind, message }: Failure): Failure {
  return failure(kind, `introspection failed: ${message}`);
}

function breakingChange(breaking: SchemaChange[]): Failure {
  const shown = breaking.slice(0, shownBreaking).map(({ description }) => description);
  const more = breaking.length > shownBreaking ? `; and ${breaking.length - shownBreaking} more` : "";
  return failure("schema_changed", `schema has a breaking change: ${shown.join("; ")}${more}`);
}
