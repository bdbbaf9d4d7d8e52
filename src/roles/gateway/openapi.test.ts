import { describe, expect, test } from "bun:test";
import { startTestGateway } from "./test_gateway.ts";
import { openapiOf } from "./openapi.ts";
import { fullPath } from "./route.ts";
import { basePath, routes } from "./routes/index.ts";

type Json = Record<string, unknown>;
const document = JSON.parse(JSON.stringify(openapiOf(routes, { version: "1.2.3", basePath }))) as Json;
const paths = document["paths"] as Record<string, Record<string, Json>>;

function everyObject(value: unknown, visit: (object: Json, at: string) => void, at = "#"): void {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) visit(value as Json, at);
  for (const [key, child] of Object.entries(value)) everyObject(child, visit, `${at}/${key}`);
}

function resolves(ref: string): boolean {
  let target: unknown = document;
  for (const part of ref.slice(2).split("/")) target = (target as Json | undefined)?.[part];
  return ref.startsWith("#/") && target !== undefined;
}

describe("the OpenAPI document", () => {
  test("has every route, and nothing else", () => {
    const listed = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    expect(listed.sort()).toEqual(routes.map((route) => `${route.method} ${fullPath(route, basePath)}`).sort());
  });

  test("is OpenAPI 3.1 with all that it must hold", () => {
    expect(document["openapi"]).toMatch(/^3\.1\.\d$/);
    expect(document["info"]).toMatchObject({ title: "UptimePing", version: "1.2.3" });
    const ids = new Set<unknown>();
    for (const [path, methods] of Object.entries(paths)) {
      for (const operation of Object.values(methods)) {
        expect(ids.has(operation["operationId"])).toBe(false);
        ids.add(operation["operationId"]);
        const responses = Object.entries(operation["responses"] as Record<string, Json>);
        expect(responses.length).toBe(2);
        for (const [, response] of responses) expect("$ref" in response || typeof response["description"] === "string").toBe(true);
        const inPath = (operation["parameters"] as Json[]).filter((parameter) => parameter["in"] === "path");
        expect(inPath.map(({ name }) => `{${String(name)}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
        for (const parameter of operation["parameters"] as Json[]) expect([typeof parameter["name"], typeof parameter["schema"]]).toEqual(["string", "object"]);
        for (const { schema } of Object.values(((operation["requestBody"] as Json | undefined)?.["content"] ?? {}) as Record<string, Json>)) expect(schema).toBeObject();
      }
    }
  });

  test("every reference resolves, and no schema keeps words of another dialect", () => {
    everyObject(document, (object, at) => {
      if (typeof object["$ref"] === "string") expect([at, object["$ref"], resolves(object["$ref"])]).toEqual([at, object["$ref"], true]);
      if (!at.endsWith("/properties")) for (const foreign of ["nullable", "$defs", "$schema", "definitions"]) expect([at, foreign in object]).toEqual([at, false]);
    });
  });

  test("names the entities as components", () => {
    const { schemas } = document["components"] as { schemas: Json };
    expect(Object.keys(schemas)).toContainValues(["Problem", "Check", "CheckInput", "Result", "CheckStatus", "Incident", "Channel", "Notification", "ProtoSet", "Session", "AuditEntry"]);
  });

  test("open routes need no security, all others do", () => {
    for (const route of routes) {
      const { method, path, access } = route;
      const operation = paths[fullPath(route, basePath)]![method.toLowerCase()]!;
      expect([path, operation["security"]]).toEqual([path, access === "public" ? [] : undefined]);
    }
  });

  test("is served, and so is a page about it that needs nothing from elsewhere", async () => {
    await using gateway = startTestGateway();
    const served = await gateway.fetch("/api/v1/openapi.json");
    expect([served.status, served.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(Object.keys(((await served.json()) as Json)["paths"] as Json)).toEqual(Object.keys(paths));
    const page = await gateway.fetch("/api/docs");
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const html = await page.text();
    expect(html).not.toMatch(/<script|style=|src=|https?:/);
    for (const path of Object.keys(paths)) expect(html).toContain(path);
    expect((await gateway.fetch("/api/docs.css")).headers.get("content-type")).toBe("text/css; charset=utf-8");
  });
});
