import { expect, test } from "bun:test";
import { checkIdOf, leadingLocation, locationOf, locationsOf, seriesOf } from "./series.ts";

test("a series at home has the id of its check, and elsewhere says where it is", () => {
  expect([seriesOf("chk_1", "default"), seriesOf("chk_1", ""), seriesOf("chk_1", "eu-1")]).toEqual(["chk_1", "chk_1", "chk_1@eu-1"]);
  for (const location of ["default", "eu-1"]) {
    const series = seriesOf("chk_1", location);
    expect([checkIdOf(series), locationOf(series)]).toEqual(["chk_1", location]);
  }
});

test("a check that names no location runs at home", () => {
  expect([locationsOf({ locations: [] }), leadingLocation({ locations: [] })]).toEqual([["default"], "default"]);
});

test("home stands for a check wherever it is named, and else the first location", () => {
  expect([leadingLocation({ locations: ["eu-1", "default"] }), leadingLocation({ locations: ["us-1", "eu-1"] })]).toEqual(["default", "us-1"]);
});
