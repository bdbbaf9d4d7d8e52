import { expect, test } from "bun:test";
import { auditQuery, filterIn } from "./audit_filter.ts";

test("what stands in the address is what the server is asked for, with whole days of the reader", () => {
  const filter = filterIn(new URLSearchParams("actor=usr_1&action=auth.&from=2026-03-01&to=2026-03-02&other=1"));
  expect(filter).toEqual({ actor: "usr_1", action: "auth.", subject: "", from: "2026-03-01", to: "2026-03-02" });
  const asked = new URLSearchParams(auditQuery(filter, { limit: 50 }));
  expect(asked.get("from")).toBe(new Date(2026, 2, 1).toISOString());
  expect(asked.get("to")).toBe(new Date(2026, 2, 3).toISOString());
  expect([...asked.keys()]).toEqual(["actor", "action", "from", "to", "limit"]);
});

test("an empty filter and a day that is none ask for everything", () => {
  expect(auditQuery(filterIn(new URLSearchParams("from=yesterday")))).toBe("");
});
