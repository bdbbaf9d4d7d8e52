import { expect, test } from "bun:test";
import { auditText } from "./audit_text.ts";

const entry = (id: string, change: object = {}) => ({ id, at: "2026-03-01T00:00:00.000Z", actor: "usr_1", actorType: "user", ip: "192.0.2.1", action: "check.create", subject: "chk_1", outcome: "ok", detail: { a: 1 } as unknown, hash: "ff", requestId: "req_1", ...change });

const pages = (cursor: string) => Promise.resolve(cursor === "" ? { items: [entry("aud_1"), entry("aud_2", { subject: '=HYPERLINK("x")' })], nextCursor: "a1" } : { items: [entry("aud_3", { subject: "two\nlines" })], nextCursor: "" });
const textOf = (format: "csv" | "json") => new Response(auditText(format, pages, new AbortController().signal)).text();

test("CSV: one line an entry over all pages, quotes doubled, nothing that a spreadsheet would run", async () => {
  expect(await textOf("csv")).toBe(
    [
      "at,actorType,actor,ip,action,subject,outcome,detail,requestId,id,hash",
      '2026-03-01T00:00:00.000Z,user,usr_1,192.0.2.1,check.create,chk_1,ok,"{""a"":1}",req_1,aud_1,ff',
      `2026-03-01T00:00:00.000Z,user,usr_1,192.0.2.1,check.create,"'=HYPERLINK(""x"")",ok,"{""a"":1}",req_1,aud_2,ff`,
      '2026-03-01T00:00:00.000Z,user,usr_1,192.0.2.1,check.create,"two\nlines",ok,"{""a"":1}",req_1,aud_3,ff',
      "",
    ].join("\r\n"),
  );
});

test("JSON: an array of all entries, and an empty one of none", async () => {
  expect(JSON.parse(await textOf("json"))).toEqual([...(await pages("")).items, ...(await pages("a1")).items]);
  const none = auditText("json", () => Promise.resolve({ items: [], nextCursor: "" }), new AbortController().signal);
  expect(JSON.parse(await new Response(none).text())).toEqual([]);
});
