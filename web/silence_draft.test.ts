import { expect, test } from "bun:test";
import { newSilence, silenceDocument } from "./silence_draft.ts";

const now = new Date(2026, 0, 31, 22, 20);
const lasting = (length: string) => {
  const draft = newSilence("chk_1", now);
  return silenceDocument({ ...draft, values: { ...draft.values, length, "/comment": " deploy " } }, now);
};

test("a silence of one check lasts from now for as long as was chosen", () => {
  expect(lasting("1h")).toEqual({ matchers: [{ label: "checkId", op: "eq", value: "chk_1" }], endsAt: new Date(2026, 0, 31, 23, 20).toISOString(), comment: "deploy" });
  expect(lasting("4h")["endsAt"]).toBe(new Date(2026, 1, 1, 2, 20).toISOString());
  expect(lasting("tomorrow")["endsAt"]).toBe(new Date(2026, 1, 1, 9).toISOString());
});

test("a time of one's own begins with the next hour", () => {
  expect(lasting("other")).toMatchObject({ startsAt: new Date(2026, 0, 31, 23).toISOString(), endsAt: new Date(2026, 1, 1, 1).toISOString() });
});

test("without a check it mutes nothing until something is typed, and what is no time is left to the server to refuse", () => {
  const draft = newSilence("", now);
  expect(silenceDocument({ ...draft, values: { ...draft.values, length: "other", "/endsAt": "soon" } }, now)).toMatchObject({ matchers: [{ label: "name", op: "eq", value: "" }], endsAt: "soon" });
});
