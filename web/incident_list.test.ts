import { expect, test } from "bun:test";
import { familiesOf, listIncidents } from "./incident_list.ts";
import type { Incident } from "./types.ts";

const all = { state: "", severity: "", checkId: "", search: "" };
const incident = (id: string, part: Partial<Incident> = {}): Incident => ({
  id,
  checkId: `chk_${id}`,
  checkName: `Check ${id}`,
  state: "open",
  severity: "critical",
  startedAt: "2026-10-01T00:00:00.000Z",
  endedAt: null,
  openedAt: null,
  acknowledgedAt: null,
  resolvedAt: null,
  occurrences: 1,
  causes: [],
  ...part,
});
const idsOf = (incidents: readonly Incident[]) => incidents.map(({ id }) => id);

test("what is going on comes first, the newest on top", () => {
  const listed = listIncidents(
    [incident("over", { state: "resolved", startedAt: "2026-10-03T00:00:00.000Z" }), incident("old"), incident("taken", { state: "acknowledged" }), incident("new", { startedAt: "2026-10-02T00:00:00.000Z" })],
    all,
  );
  expect(idsOf(listed)).toEqual(["new", "old", "taken", "over"]);
});

test("every filter takes away what does not fit", () => {
  const cause = { errorHash: "1", kind: "dns", message: "no such HOST", firstSeenAt: "", lastSeenAt: "", occurrences: 1 };
  const list = [incident("a"), incident("b", { severity: "warning", state: "acknowledged" }), incident("c", { state: "resolved", causes: [cause] })];
  const found = (part: Partial<typeof all>) => idsOf(listIncidents(list, { ...all, ...part }));
  expect(found({ state: "active" })).toEqual(["a", "b"]);
  expect(found({ state: "resolved" })).toEqual(["c"]);
  expect(found({ severity: "warning" })).toEqual(["b"]);
  expect(found({ checkId: "chk_a" })).toEqual(["a"]);
  expect(found({ search: " check B " })).toEqual(["b"]);
  expect(found({ search: "such host" })).toEqual(["c"]);
});

test("what follows from another outage stands under it, however far down the chain", () => {
  const list = [incident("child", { suppressedBy: "parent" }), incident("parent"), incident("grandchild", { suppressedBy: "child" }), incident("other")];
  expect(familiesOf(list).map(({ incident: head, children }) => [head.id, idsOf(children)])).toEqual([
    ["parent", ["child", "grandchild"]],
    ["other", []],
  ]);
});

test("none is lost: not without its parent in the list, not in a circle", () => {
  const list = [incident("orphan", { suppressedBy: "elsewhere" }), incident("a", { suppressedBy: "b" }), incident("b", { suppressedBy: "a" }), incident("tail", { suppressedBy: "a" })];
  const families = familiesOf(list);
  expect(families.flatMap(({ incident: head, children }) => [head.id, ...idsOf(children)]).sort()).toEqual(["a", "b", "orphan", "tail"]);
});
