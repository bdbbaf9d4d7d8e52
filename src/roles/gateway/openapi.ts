/** OpenAPI 3.1 from the route table. */
import { z, type ZodType } from "zod";
import { fullPath, type Route } from "./route.ts";

type Json = Record<string, unknown>;

const jsonSchemaDraft = "https://json-schema.org/draft/2020-12/schema";

export function openapiOf(routes: readonly Route[], info: { version: string; basePath: string }): Json {
  const components: Json = { Problem: problemSchema };
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = fullPath(route, info.basePath);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, components) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "UptimePing",
      version: info.version,
      description: "Errors are application/problem+json (RFC 9457). Times are RFC 3339 in UTC. Lists are pages: pass nextCursor back as cursor.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    jsonSchemaDialect: jsonSchemaDraft,
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [...new Set(routes.map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      schemas: components,
      responses: { Problem: { description: "What went wrong", content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } } } },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "an access token or an API key" },
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
      },
    },
  };
}

function operationOf(route: Route, components: Json): Json {
  const { access, summary, response } = route;
  const status = String(route.status ?? (response === undefined ? 204 : 200));
  return {
    operationId: operationId(route),
    tags: [tagOf(route)],
    summary,
    ...(access === "public" ? { security: [] } : { description: `Needs the member role ${access.role}; a narrowed API key also the scope ${access.scope}.` }),
    parameters: [...pathParameters(route), ...queryParameters(route, components), ...headerParameters(route)],
    ...(route.body && { requestBody: requestBody(route, components) }),
    responses: {
      [status]: { description: "Done", ...(response && { content: { [contentTypeOf(response)]: { schema: schemaOf(response, "output", components) } } }) },
      default: { $ref: "#/components/responses/Problem" },
    },
  };
}

function requestBody(route: Route, components: Json): Json {
  const schema = schemaOf(route.bodyShape ?? route.body!, "input", components);
  return {
    required: route.bodyOptional !== true,
    content: {
      "application/json": { schema },
      ...(route.takesFiles && {
        "multipart/form-data": { schema: formSchema },
        "application/zip": { schema: { type: "string", contentMediaType: "application/zip" } },
      }),
    },
  };
}

function pathParameters(route: Route): Json[] {
  return [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));
}

function queryParameters(route: Route, components: Json): Json[] {
  if (!route.query) return [];
  const { properties = {}, required = [] } = schemaOf(route.query, "input", components) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query", required: required.includes(name), schema }));
}

function headerParameters({ method, bodyShape, access }: Route): Json[] {
  const text = { schema: { type: "string" }, in: "header", required: false };
  if (method === "POST" && access !== "public") return [{ ...text, name: "Idempotency-Key", description: "the same key and body again give the same answer" }];
  if (method === "PATCH" && bodyShape) return [{ ...text, name: "If-Match", description: 'the version that was seen, such as "3"' }];
  return [];
}

/** As JSON Schema; named schemas move to the components. */
function schemaOf(schema: ZodType, io: "input" | "output", components: Json): Json {
  const { $schema: _, $defs = {}, ...made } = z.toJSONSchema(schema, { io, unrepresentable: "any", target: "draft-2020-12", reused: "inline" }) as Json & { $defs?: Record<string, Json> };
  for (const [name, definition] of Object.entries($defs)) components[name] ??= relocated(withoutId(definition));
  const name = made["id"];
  if (typeof name !== "string") return relocated(made);
  components[name] ??= relocated(withoutId(made));
  return { $ref: `#/components/schemas/${name}` };
}

function withoutId(schema: Json): Json {
  return { ...schema, id: undefined };
}

function relocated(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}

function contentTypeOf(response: ZodType): string {
  const type = response.meta()?.["contentType"];
  return typeof type === "string" ? type : "application/json";
}

/** `POST /checks/{id}/pause` → `postChecksPause`: stable names for generated clients. */
function operationId({ method, path }: Route): string {
  const words = path.split("/").filter((part) => part !== "");
  const named = words.map((word) => (word.startsWith("{") ? `By${capital(word.slice(1, -1))}` : word.split(/[-.]/).map(capital).join("")));
  return method.toLowerCase() + named.join("");
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function tagOf({ path }: Route): string {
  return path.split("/")[1]!.replace(/\.json$/, "");
}

const formSchema: Json = {
  type: "object",
  properties: { name: { type: "string" }, files: { type: "array", items: { type: "string", contentMediaType: "text/plain" } } },
};

const problemSchema: Json = {
  type: "object",
  required: ["type", "title", "status", "detail", "code", "requestId"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string", description: "stable" },
    requestId: { type: "string" },
    errors: {
      type: "array",
      description: "for bad input: what is wrong, field by field",
      items: { type: "object", required: ["pointer", "message"], properties: { pointer: { type: "string", description: "JSON pointer (RFC 6901)" }, message: { type: "string" } } },
    },
  },
};
