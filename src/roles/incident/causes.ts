/** Errors of failing runs, each kept once. */
import type { Severity, StreakCause } from "#ports/incidents";

/** Different errors kept of one streak or one incident; further ones only count. A site can make up a new error with each answer. */
export const mostCauses = 50;

export function raisedSeverity(first: Severity, second: Severity): Severity {
  return first === "critical" || second === "critical" ? "critical" : "warning";
}

export function worstOf(streak: StreakCause[]): Severity {
  return streak.some((cause) => cause.severity === "critical") ? "critical" : "warning";
}

export function merge(known: StreakCause[], news: StreakCause[]): StreakCause[] {
  const merged = [...known];
  for (const cause of news) {
    const at = merged.findIndex((each) => each.errorHash === cause.errorHash);
    if (at >= 0) merged[at] = again(merged[at]!, cause);
    else if (merged.length < mostCauses) merged.push(cause);
  }
  return merged;
}

function again(known: StreakCause, cause: StreakCause): StreakCause {
  return {
    ...known,
    message: cause.message,
    firstSeenAtMs: Math.min(known.firstSeenAtMs, cause.firstSeenAtMs),
    lastSeenAtMs: cause.lastSeenAtMs,
    occurrences: known.occurrences + cause.occurrences,
    severity: raisedSeverity(known.severity, cause.severity),
  };
}
