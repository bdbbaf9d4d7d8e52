import { expect, test } from "bun:test";
import { match } from "./route_match.ts";

test("a pattern gives the parts of a path that it names", () => {
  expect(match("/checks/:id/edit", "/checks/chk_1/edit")).toEqual({ id: "chk_1" });
  expect(match("/checks/:id", "/checks/a%2Fb/")).toEqual({ id: "a/b" });
  expect(match("/checks/:id", "/checks")).toBeNull();
  expect(match("/", "/")).toEqual({});
  expect(match("/checks/:id", "/checks/%zz")).toEqual({ id: "%zz" });
});
