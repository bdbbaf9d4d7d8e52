/** Judges a whole history: gives what is wrong with it, in words; nothing when every promise was kept. */
import type { History } from "./history.ts";
import { incidentViolations } from "./incident_rules.ts";
import { messageViolations, sharedIds } from "./message_rules.ts";
import { slotViolations } from "./slot_rules.ts";

export function violations(history: History): string[] {
  return [...lostWrites(history), ...slotViolations(history), ...incidentViolations(history), ...messageViolations(history), ...sharedIds(history)];
}

function lostWrites({ writes }: History): string[] {
  return writes.filter(({ isThere }) => !isThere).map(({ what }) => `${what}: the API said yes, and it is not there`);
}
