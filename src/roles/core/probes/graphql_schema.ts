/**
 * GraphQL schemas: from the answer to an introspection query to sorted text and its hash, and what has changed between two.
 * Pure, and slow for large ones, so it runs on a thread of its own (schema_worker.ts).
 */
import { createHash } from "node:crypto";
import { buildClientSchema, buildSchema, findBreakingChanges, findDangerousChanges, isInterfaceType, isObjectType, isSpecifiedScalarType, lexicographicSortSchema, printSchema, type GraphQLSchema, type IntrospectionQuery } from "graphql";
import { failure, type Failure } from "../net/failure.ts";
import { errorText, graphqlErrors } from "./graphql_answer.ts";

export interface Schema {
  /** SHA-256 of the SDL, in hexadecimal. */
  hash: string;
  /** Sorted and without descriptions, so that only what a client can notice changes it. */
  sdl: string;
}

export interface SchemaChange {
  /** `breaking`: a client's query may fail; `dangerous`: it may behave differently; `safe`: it cannot notice. */
  effect: "breaking" | "dangerous" | "safe";
  /** As the graphql package names it, such as FIELD_REMOVED. */
  type: string;
  description: string;
}

const maxChanges = 50;

/** The schema in the answer to an introspection query, or why there is none. */
export function readSchema(answer: string): Schema | Failure {
  let document: unknown;
  try {
    document = JSON.parse(answer);
    const errors = graphqlErrors(document, "without_data");
    if (errors.length > 0) return failure("graphql_errors", errors.slice(0, 3).map(errorText).join("; ").slice(0, 300));
    const { data } = document as { data: IntrospectionQuery };
    // Its types are still made one by one and refused where they cannot be; what is skipped is a second look at the whole.
    const sdl = printSchema(lexicographicSortSchema(buildClientSchema(data, { assumeValid: true })));
    return { hash: createHash("sha256").update(sdl).digest("hex"), sdl };
  } catch (error) {
    return failure("http_malformed", `the answer is not a schema: ${(error as Error).message.slice(0, 200)}`);
  }
}

/** Breaking changes first, at most 50. Both are the SDL of a schema that was read. */
export function compareSchemas(before: string, after: string): SchemaChange[] {
  const [old, now] = [before, after].map((sdl) => buildSchema(sdl, { assumeValid: true, assumeValidSDL: true, noLocation: true })) as [GraphQLSchema, GraphQLSchema];
  const changes: SchemaChange[] = [
    // A standard scalar goes with the last field that had it, and that is told already.
    ...findBreakingChanges(old, now).filter(({ description }) => !description.startsWith("Standard scalar ")).map(({ type, description }) => ({ effect: "breaking" as const, type, description })),
    ...findDangerousChanges(old, now).map(({ type, description }) => ({ effect: "dangerous" as const, type, description })),
    ...additions(old, now),
  ];
  return changes.slice(0, maxChanges).map((change) => ({ ...change, description: change.description.replace(/\.$/, "").slice(0, 300) }));
}

/** What the graphql package does not tell, since no client can notice it. */
function additions(before: GraphQLSchema, after: GraphQLSchema): SchemaChange[] {
  const added: SchemaChange[] = [];
  const tell = (type: string, name: string) => void added.push({ effect: "safe", type, description: `${name} was added` });
  for (const type of Object.values(after.getTypeMap())) {
    const old = before.getType(type.name);
    if (isSpecifiedScalarType(type)) continue;
    if (!old) tell("TYPE_ADDED", type.name);
    else if ((isObjectType(type) || isInterfaceType(type)) && (isObjectType(old) || isInterfaceType(old))) {
      const fields = old.getFields();
      for (const name of Object.keys(type.getFields())) if (!Object.hasOwn(fields, name)) tell("FIELD_ADDED", `${type.name}.${name}`);
    }
  }
  return added;
}
