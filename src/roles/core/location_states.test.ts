import { expect, test } from "bun:test";
import type { CheckState } from "./check_state.ts";
import { stateOver } from "./location_states.ts";

type Status = CheckState["status"];
const over = (quorum: string, ...statuses: Status[]) => stateOver(statuses.map((status, i) => ({ status, sinceMs: (i + 1) * 10 })), quorum);

test.each<[string, Status[], Status]>([
  ["any", ["down", "up"], "down"],
  ["majority", ["down", "up"], "degraded"],
  ["majority", ["down", "down"], "down"],
  ["majority", ["down", "down", "up"], "down"],
  ["majority", ["down", "up", "up"], "degraded"],
  ["all", ["down", "down", "up"], "degraded"],
  ["all", ["down", "down", "down"], "down"],
  ["2", ["down", "down", "up", "up", "up"], "down"],
  ["2", ["down"], "down"],
  ["", ["down", "up"], "degraded"],
  ["majority", ["down", "pending"], "down"],
  ["majority", ["down", "unknown"], "degraded"],
  ["majority", ["up", "degraded"], "degraded"],
  ["majority", ["up", "unknown", "pending"], "up"],
  ["any", ["unknown", "unknown"], "unknown"],
  ["all", ["pending", "pending"], "pending"],
])("with a quorum of %p, %p come to %p", (quorum, statuses, expected) => {
  expect(over(quorum, ...statuses).status).toBe(expected);
});

test("a check is down since so many were that it became an outage, and otherwise what it is since the newest change", () => {
  expect(over("2", "down", "down", "down").sinceMs).toBe(20);
  expect(over("any", "up", "down", "down").sinceMs).toBe(20);
  expect(over("all", "down", "down", "up").sinceMs).toBe(30);
  expect(over("majority", "pending", "pending").sinceMs).toBe(0);
});
