import { expect, test } from "bun:test";
import { base64Of } from "../base64.ts";
import { prettyJson } from "./pretty_json.ts";

test("JSON is laid out, and nothing else is touched", () => {
  expect(prettyJson('{"a":[1,2]}')).toBe('{\n  "a": [\n    1,\n    2\n  ]\n}');
  for (const text of ["<p>{}</p>", '{"a":', "12", '"text"', "", '{\n  "a": 1\n}']) expect(prettyJson(text)).toBeUndefined();
});

test("what would not come out as it came in is shown as it came", () => {
  for (const text of ['{"id":12345678901234567890}', '{"a":1,"a":2}', '{"a":1.0}', '{"a":"\\u0041"}']) expect(prettyJson(text)).toBeUndefined();
});

test("bytes of any length become base64", () => {
  const bytes = Uint8Array.from({ length: 100_001 }, (_, index) => index % 256);
  expect(base64Of(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  expect(base64Of(new Uint8Array())).toBe("");
});
