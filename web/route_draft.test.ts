import { expect, test } from "bun:test";
import type { AlertRoute } from "./alert_types.ts";
import { durationMs, durationText } from "./duration.ts";
import { movedRoutes, newRoute, newStep, placeAtEnd, routeDocument, routeDraftOf } from "./route_draft.ts";

const route = (id: string, position: number): AlertRoute => ({
  id,
  version: 1,
  name: "Prod",
  position,
  enabled: true,
  matchers: [{ label: "tag.env", op: "in", value: ["prod", "stage"] }],
  channels: ["chn_1"],
  continue: true,
  groupBy: ["tag.env", "type"],
  groupWaitMs: 0,
  groupIntervalMs: null,
  reminderEveryMs: 1_800_000,
  escalation: [{ afterMs: 5_400_000, channels: ["chn_2"] }],
});

test("durations are read as they are typed, and shown shortly", () => {
  expect(["90s", "15 min", "1h30m", "2d", "0", "1.5h"].map(durationMs)).toEqual([90_000, 900_000, 5_400_000, 172_800_000, 0, 5_400_000]);
  expect(["", "15", "soon", "-1m", "1w"].map(durationMs)).toEqual([undefined, undefined, undefined, undefined, undefined]);
  expect([0, 90_000, 900_000, 5_400_000, 172_800_000].map(durationText)).toEqual(["0s", "1m30s", "15m", "1h30m", "2d"]);
});

test("a route that nobody touched makes the document it came from", () => {
  const { id: _, version: __, position: ___, ...document } = route("rte_1", 10);
  expect(routeDocument(routeDraftOf(route("rte_1", 10)))).toEqual({ document, errors: [] } as never);
});

test("a new route waits as its channels do, reminds nobody and escalates to nobody", () => {
  expect(routeDocument(newRoute())).toMatchObject({ document: { matchers: [], groupBy: [], groupWaitMs: null, groupIntervalMs: null, reminderEveryMs: 0, escalation: [] }, errors: [] });
});

test("what is no duration is told where it stands", () => {
  const draft = newRoute();
  const steps = [newStep([]), { ...newStep([]), after: "later" }];
  const { errors } = routeDocument({ ...draft, values: { ...draft.values, "/reminderEveryMs": "often" }, steps });
  expect(errors.map(({ pointer }) => pointer)).toEqual(["/reminderEveryMs", "/escalation/1/afterMs"]);
  expect(newStep(steps.slice(0, 1)).after).toBe("30m");
});

test("a route moves past its neighbour, and only those whose place changes are written", () => {
  const routes = [route("a", 10), route("b", 20), route("c", 30)];
  const places = (list: readonly AlertRoute[], id: string, by: -1 | 1) => movedRoutes(list, id, by).map(({ route: { id: of }, position }) => [of, position]);
  expect(places(routes, "c", -1)).toEqual([["c", 20], ["b", 30]]);
  expect(places(routes, "a", -1)).toEqual([]);
  expect(places(routes, "c", 1)).toEqual([]);
  expect(places([route("a", 100), route("b", 100)], "a", 1)).toEqual([["b", 10], ["a", 20]]);
  expect([placeAtEnd([]), placeAtEnd(routes), placeAtEnd([route("z", 10_000)])]).toEqual([10, 40, 10_000]);
});
