import { expect, test } from "bun:test";
import { compileMatchers, labelsOf, matchersSchema, type Matcher } from "./matchers.ts";

const labels = { ...labelsOf({ id: "chk_1", name: "Shop EU", type: "http", tags: { env: "prod" } }), severity: "critical" };
const selects = (...matchers: Matcher[]) => compileMatchers(matchers)(labels);

test("each operator, on labels and on tags", () => {
  expect(selects({ label: "type", op: "eq", value: "http" })).toBe(true);
  expect(selects({ label: "type", op: "ne", value: "http" })).toBe(false);
  expect(selects({ label: "tag.env", op: "in", value: ["prod", "stage"] })).toBe(true);
  expect(selects({ label: "tag.env", op: "not_in", value: ["prod"] })).toBe(false);
  expect(selects({ label: "name", op: "matches", value: "^Shop" })).toBe(true);
  expect(selects({ label: "name", op: "not_matches", value: "EU$" })).toBe(false);
});

test("all must hold, and an unknown label is empty, whatever an object inherits", () => {
  expect(selects({ label: "type", op: "eq", value: "http" }, { label: "severity", op: "eq", value: "warning" })).toBe(false);
  expect(selects({ label: "tag.team", op: "eq", value: "" })).toBe(true);
  expect(selects({ label: "constructor", op: "eq", value: "" })).toBe(true);
  expect(selects()).toBe(true);
});

test("a document says what is wrong and where", () => {
  const problems = matchersSchema.safeParse([
    { label: "colour", op: "eq", value: "red" },
    { label: "type", op: "in", value: "http" },
    { label: "name", op: "matches", value: "(" },
    { label: "type", op: "eq", value: ["http"] },
  ]).error!.issues.map((issue) => `${issue.path.join("/")}: ${issue.message}`);
  expect(problems[0]).toContain("0/label: must be one of checkId, name");
  expect(problems[1]).toBe("1/value: must be a list of texts");
  expect(problems[2]).toContain("2/value: cannot be read:");
  expect(problems[3]).toContain("3/value: must be one text");
});
