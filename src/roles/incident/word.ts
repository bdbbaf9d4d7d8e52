/** What one run makes of what its location says. Pure. */
import type { LocationState, Severity, StreakCause } from "#ports/incidents";
import { merge } from "./causes.ts";
import type { Policy, Run } from "./decide.ts";
import { isFlappingAfter, withRunInHistory } from "./flapping.ts";

/**
 * Good runs count towards a recovery while an incident is active, and for a location that says down when others may say up. A check
 * with one location and no incident has nothing to recover from: the first good run ends its suspicion.
 */
export function withGoodRun(before: LocationState, run: Run, policy: Policy, { isOngoing, isAlone }: { isOngoing: boolean; isAlone: boolean }): LocationState {
  const isCounted = isOngoing || (before.down && !isAlone);
  const goods = isCounted ? before.goods + 1 : 0;
  const down = isCounted && before.down && goods < policy.recoveryThreshold;
  const keepsGoods = isOngoing || down;
  const firstGoodAtMs = before.goods === 0 ? run.startedAtMs : before.firstGoodAtMs;
  const history = withRunInHistory(before.history, false);
  return {
    ...before,
    failures: 0,
    firstFailureAtMs: down ? before.firstFailureAtMs : 0,
    goods: keepsGoods ? goods : 0,
    firstGoodAtMs: keepsGoods ? firstGoodAtMs : 0,
    streak: down ? before.streak : [],
    down,
    history,
    flapping: isFlappingAfter(history, before.flapping),
  };
}

export function withFailingRun(before: LocationState, run: Run, policy: Policy, isOngoing: boolean): LocationState {
  const failures = before.failures + 1;
  const history = withRunInHistory(before.history, true);
  return {
    ...before,
    failures,
    firstFailureAtMs: before.failures === 0 && !before.down ? run.startedAtMs : before.firstFailureAtMs,
    goods: 0,
    firstGoodAtMs: 0,
    // An incident takes it in at once.
    streak: isOngoing ? [] : merge(before.streak, [causeOf(run, policy)]),
    down: before.down || failures >= policy.failureThreshold,
    history,
    flapping: isFlappingAfter(history, before.flapping),
  };
}

export function causeOf(run: Run, policy: Policy): StreakCause {
  const followed: Severity = run.status === "down" ? "critical" : "warning";
  return {
    errorHash: run.error.hash,
    kind: run.error.kind,
    message: run.error.message,
    firstSeenAtMs: run.startedAtMs,
    lastSeenAtMs: run.startedAtMs,
    occurrences: 1,
    severity: policy.severity === "" ? followed : policy.severity,
  };
}
