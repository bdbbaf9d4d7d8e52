/** The dashboard's tables and the server's rules must say the same, or a form offers what is refused. */
import { describe, expect, test } from "bun:test";
import { z } from "zod";
import * as server from "#ports/assertion_language";
import { targets } from "#ports/check_targets";
import { fieldsOf, kinds, sourcesOf } from "./check_fields.ts";
import { documentOfDraft, newAssertion, newCheck } from "./check_draft.ts";
import { kindNames } from "./kind_names.ts";
import { operators } from "./kinds/sources.ts";

const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

test("every kind, and no other, by a name", () => {
  expect(sorted(Object.keys(kinds))).toEqual(sorted(server.checkTypes));
  expect(Object.keys(kindNames)).toEqual(Object.keys(kinds));
});

test("every operator, in the server's order", () => {
  expect(Object.keys(operators)).toEqual([...server.operators]);
});

describe.each([...server.checkTypes])("%s", (type) => {
  test("has every source of the server, each with its operators", () => {
    const ours = Object.fromEntries(sourcesOf(type).map(({ name, ops }) => [name, sorted(ops)]));
    const theirs = Object.fromEntries(server.sourcesOf[type].map((name) => [name, sorted(server.ruleOf(name).ops)]));
    expect(ours).toEqual(theirs);
  });

  test("asks for a path where the server does, knows which values are numbers, and which are sets", () => {
    for (const source of sourcesOf(type)) {
      const rule = server.ruleOf(source.name as server.Source);
      expect([source.name, source.path !== undefined, source.set === true]).toEqual([source.name, rule.path !== undefined, rule.set !== undefined]);
      expect(source.text === true && rule.isNumeric === true).toBe(false);
      if (rule.path === "phase") expect(source.paths?.map(([name]) => name)).toEqual([...server.phases]);
    }
  });

  test("begins an assertion with what the source can do", () => {
    for (const source of sourcesOf(type)) expect(source.ops).toContain(newAssertion(type, source.name).op as never);
  });

  test("fills only fields that its target has, with choices that the server knows", () => {
    const schema = z.toJSONSchema(targets[type], { unrepresentable: "any", io: "input" }) as Schema;
    for (const { pointer, kind, choices = [] } of fieldsOf(type)) {
      if (!pointer.startsWith("/target/")) continue;
      const field = at(schema, pointer.slice("/target/".length).split("/"));
      expect([pointer, field !== undefined]).toEqual([pointer, true]);
      const allowed = kind === "choice" ? enumOf(field!) : [];
      if (allowed.length > 0) expect([pointer, sorted(choices.map(([value]) => value).filter((value) => value !== "" && value !== "true"))]).toEqual([pointer, sorted(allowed.filter((value) => value !== usual[pointer]))]);
    }
  });
});

/** What "" stands for. */
const usual: Record<string, string> = {
  "/target/httpVersion": "1.1",
  "/target/ipFamily": "any",
  "/target/partialData": "down",
  "/target/transport": "udp",
};

test("what a new check of each kind sends first is whole and without surprises", () => {
  expect(documentOfDraft(newCheck("heartbeat", "UTC"), {}).document).not.toHaveProperty("schedule");
  expect(documentOfDraft(newCheck("dns", "UTC"), {}).document["target"]).toBeUndefined();
});

type Schema = { properties?: Record<string, Schema>; anyOf?: Schema[]; oneOf?: Schema[]; enum?: unknown[]; const?: unknown };

function at(schema: Schema, path: string[]): Schema | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return schema;
  const own = schema.properties?.[first];
  if (own) return at(own, rest);
  const found = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((one) => at(one, path) ?? []);
  return found.length > 1 ? { anyOf: found } : found[0];
}

function enumOf(schema: Schema): string[] {
  const own = [...(schema.enum ?? []), ...(schema.const === undefined ? [] : [schema.const])].filter((value) => typeof value === "string");
  return [...new Set([...own, ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(enumOf)])];
}
