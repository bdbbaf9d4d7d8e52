import { expect, test } from "bun:test";
import { createIds } from "./ids.ts";
import { idCursor, pageOf, pageSize } from "./page.ts";

const rows = [{ id: "a" }, { id: "b" }, { id: "c" }];
const idOf = (row: { id: string }) => row.id;

test("a page ends with a cursor only when more was read than it shows", () => {
  expect(pageOf(rows, 2, idOf)).toEqual({ items: [{ id: "a" }, { id: "b" }], nextCursor: "b" });
  expect(pageOf(rows, 3, idOf)).toEqual({ items: rows, nextCursor: "" });
  expect(pageOf([], 3, idOf)).toEqual({ items: [], nextCursor: "" });
});

test("who does not say gets 50 items, and nobody gets none or more than 200", () => {
  expect([pageSize(0), pageSize(1), pageSize(200)]).toEqual([50, 1, 200]);
  for (const limit of [-1, 201, Number.NaN]) expect(() => pageSize(limit)).toThrow(`${limit} is not right: a whole number from 1 to 200`);
});

test("a cursor is nothing or an id of this list", () => {
  const id = createIds(Date.now).next("chk");
  expect([idCursor("", "chk"), idCursor(id, "chk")]).toEqual(["", id]);
  for (const strange of ["zzz", id.slice(1), id.replace("chk", "inc"), "' OR 1=1 --"]) {
    expect(() => idCursor(strange, "chk")).toThrow(expect.objectContaining({ code: "invalid_argument", fields: [{ pointer: "/cursor", message: expect.stringContaining("was not given out by this list") }] }));
  }
});
