/** What is wrong with the running of checks itself, as it is told to those who run the platform. */
import type { Clock } from "#kernel/clock";
import { formatDuration } from "#kernel/settings";
import type { Connectivity } from "../connectivity/connectivity.ts";
import { createLately } from "./lately.ts";

export interface PlatformCondition {
  key: "offline" | "late" | "missed" | "quarantine";
  title: string;
  failing: boolean;
  /** For people; "" while it does not fail. */
  message: string;
  severity: "critical" | "warning";
  /** 0 when that is not known. */
  sinceMs: number;
}

export interface PlatformConditions {
  /** A scheduled run has ended that began so late. */
  ran(lagMs: number): void;
  /** So many slots ended without a result because there was no room or nobody to run them. */
  missed(count: number): void;
  list(): PlatformCondition[];
}

export interface PlatformConditionOptions {
  connectivity: Pick<Connectivity, "report" | "summary">;
  /** Checks that are held because they kill the thread that runs them. */
  heldChecks: () => string[];
  clock: Clock;
  /** `lateAfter` in milliseconds; `missedAlarm` slots in five minutes. */
  settings: { lateAfter: number; missedAlarm: number };
}

const lateSpanMs = 60_000;
const missedSpanMs = 300_000;
/** So that "one run in a hundred began later" is the same as "the 99th percentile is later". */
const lateShare = 0.01;
const shownChecks = 10;

export function createPlatformConditions({ connectivity, heldChecks, clock, settings }: PlatformConditionOptions): PlatformConditions {
  const runs = createLately(clock, lateSpanMs);
  const lateRuns = createLately(clock, lateSpanMs);
  const missedSlots = createLately(clock, missedSpanMs);

  const offline = (): PlatformCondition => {
    const { state, offlineSinceMs } = connectivity.report();
    const failing = state === "offline";
    return { key: "offline", title: "offline", failing, message: failing ? `our own connectivity is lost: ${connectivity.summary()}` : "", severity: "critical", sinceMs: offlineSinceMs };
  };
  const late = (): PlatformCondition => {
    const [all, behind] = [runs.total(), lateRuns.total()];
    const failing = behind > all * lateShare;
    const message = failing ? `checks start late: ${behind} of ${all} runs of the last minute began more than ${formatDuration(settings.lateAfter)} after their time` : "";
    return { key: "late", title: "checks start late", failing, message, severity: "warning", sinceMs: 0 };
  };
  const missed = (): PlatformCondition => {
    const count = missedSlots.total();
    const failing = count >= settings.missedAlarm;
    const message = failing ? `checks are missed: ${count} slots of the last five minutes ended without a result because this process is overloaded` : "";
    return { key: "missed", title: "checks are missed", failing, message, severity: "critical", sinceMs: 0 };
  };
  const quarantine = (): PlatformCondition => {
    const held = heldChecks();
    const more = held.length > shownChecks ? ` and ${held.length - shownChecks} more` : "";
    const message = held.length > 0 ? `held until somebody changes them, because they kill the thread that runs them: ${held.slice(0, shownChecks).join(", ")}${more}` : "";
    return { key: "quarantine", title: "checks are held", failing: held.length > 0, message, severity: "warning", sinceMs: 0 };
  };

  return {
    ran(lagMs) {
      runs.add(1);
      if (lagMs > settings.lateAfter) lateRuns.add(1);
    },
    missed: (count) => missedSlots.add(count),
    list: () => [offline(), late(), missed(), quarantine()],
  };
}
