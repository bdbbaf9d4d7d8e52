/**
 * What the states of a check at its locations come to. It is down when as many of the locations with results as the quorum asks for are,
 * as in the incident role; a location that is alone in seeing it down makes it degraded, and so does one that sees it degraded. What no
 * location could observe is unknown. Pure.
 */
import { neededOf, quorumOfText } from "#ports/quorum";
import type { CheckState } from "./check_state.ts";

type AtLocation = Pick<CheckState, "status" | "sinceMs">;

export function stateOver(states: readonly AtLocation[], quorum: string): AtLocation {
  const known = states.filter(({ status }) => status !== "pending");
  if (known.length === 0) return { status: "pending", sinceMs: 0 };
  const down = known.filter(({ status }) => status === "down").map(({ sinceMs }) => sinceMs);
  const needed = neededOf(quorumOfText(quorum), known.length);
  if (down.length >= needed) return { status: "down", sinceMs: down.sort((a, b) => a - b)[needed - 1]! };
  // Before that at least one of them was something else.
  const sinceMs = Math.max(...known.map((each) => each.sinceMs));
  if (known.some(({ status }) => status === "down" || status === "degraded")) return { status: "degraded", sinceMs };
  return { status: known.some(({ status }) => status === "up") ? "up" : "unknown", sinceMs };
}
