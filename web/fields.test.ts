import { describe, expect, test } from "bun:test";
import { errorsByField, type Field } from "./fields.ts";

const fields: readonly Field[] = [
  { pointer: "/name", label: "Name", kind: "text" },
  { pointer: "/schedule", label: "Schedule", kind: "text" },
  { pointer: "/cron", label: "Cron", kind: "text", when: { pointer: "kind", is: ["cron"] } },
];
const isInList = (pointer: string) => pointer.startsWith("/matchers");

describe("the complaints of a form", () => {
  test("go to the fields that show, and to none where none does", () => {
    const { at, rest } = errorsByField([{ pointer: "/name", message: "is needed" }, { pointer: "/cron", message: "is needed" }], fields, { kind: "every" });
    expect([...at]).toEqual([["/name", ["is needed"]]]);
    expect(rest).toEqual([{ pointer: "/cron", message: "is needed" }]);
  });

  test("about a row keep the place in the row, where the editor of the rows looks for them", () => {
    const errors = [
      { pointer: "/matchers/0/value", message: "is needed" },
      { pointer: "/matchers/0/value", message: "is no pattern" },
      { pointer: "/matchers", message: "too few" },
      { pointer: "/schedule/rrule", message: "is wrong" },
    ];
    const { at, rest } = errorsByField(errors, fields, {}, isInList);
    expect(at.get("/matchers/0/value")).toEqual(["is needed", "is no pattern"]);
    expect(at.get("/matchers")).toEqual(["too few"]);
    expect(at.get("/schedule")).toEqual(["rrule: is wrong"]);
    expect(rest).toEqual([]);
  });
});
