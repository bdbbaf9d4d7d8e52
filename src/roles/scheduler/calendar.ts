/**
 * When the slots of a schedule are. An interval lies on a fixed grid of wall time, shifted by a phase that follows from the check's
 * id: checks spread evenly, keep their slot over restarts, and never drift, since the next slot comes from the grid and not from "now".
 * Cron expressions are parsed once per (expression, zone): a parsed one weighs 85 KB.
 */
import { Cron } from "croner";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { AppError, type FieldError } from "#kernel/errors";
import { formatDuration, parseDuration } from "#kernel/settings";
import { defaultEveryMs } from "#ports/check_targets";

export interface Timing {
  /** 0 when `cron` says when. */
  everyMs: number;
  cron: string;
  timezone: string;
}

/** Of a check to which nobody gave a schedule. */
export function defaultTimingOf({ type, target }: Pick<Check, "type" | "target">): Timing {
  return { everyMs: defaultEveryMs(type, target ?? {}), cron: "", timezone: "" };
}

const shortestMs = 1_000;
const longestMs = 366 * 86_400_000;
const maxPatterns = 2_000;

export interface Calendar {
  /** The first slot after `afterMs`; Infinity when there is none. */
  next(checkId: string, timing: Timing, afterMs: number): number;
  /** The newest slot at or before `nowMs`, given that `slotMs` is one; cron looks no further than `limit` slots. */
  newest(checkId: string, timing: Timing, slotMs: number, nowMs: number): number;
  /** The slot after `slotMs`, which is one. */
  following(checkId: string, timing: Timing, slotMs: number): number;
  /** The newest slot of a cron schedule at or before `atMs`; 0 when there is none. */
  newestBefore(timing: Timing, atMs: number): number;
  /** Cron slots after `afterMs` and before `beforeMs`, at most `limit`, the newest ones when there are more. */
  between(timing: Timing, afterMs: number, beforeMs: number, limit: number): number[];
}

export function createCalendar(): Calendar {
  const patterns = new Map<string, Cron>();

  const pattern = (timing: Timing): Cron => {
    const key = `${timing.cron}\n${timing.timezone}`;
    let found = patterns.get(key);
    if (!found) {
      if (patterns.size >= maxPatterns) patterns.delete(patterns.keys().next().value!);
      found = parseCron(timing.cron, timing.timezone);
      patterns.set(key, found);
    }
    return found;
  };

  const next = (checkId: string, timing: Timing, afterMs: number): number => {
    if (timing.everyMs > 0) {
      const phase = phaseOf(checkId, timing.everyMs);
      return (Math.floor((afterMs - phase) / timing.everyMs) + 1) * timing.everyMs + phase;
    }
    return pattern(timing).nextRun(new Date(afterMs))?.getTime() ?? Number.POSITIVE_INFINITY;
  };

  return {
    next,
    newest(checkId, timing, slotMs, nowMs) {
      if (timing.everyMs > 0) return slotMs + Math.floor((nowMs - slotMs) / timing.everyMs) * timing.everyMs;
      let newest = slotMs;
      for (let following = next(checkId, timing, newest); following <= nowMs; following = next(checkId, timing, newest)) newest = following;
      return newest;
    },
    // On the grid it is one step further, which needs no phase.
    following: (checkId, timing, slotMs) => (timing.everyMs > 0 ? slotMs + timing.everyMs : next(checkId, timing, slotMs)),
    newestBefore(timing, atMs) {
      // The search leaves out the second that it is given.
      const endMs = (Math.floor(atMs / 1_000) + 1) * 1_000;
      return pattern(timing).previousRuns(1, new Date(endMs))[0]?.getTime() ?? 0;
    },
    between(timing, afterMs, beforeMs, limit) {
      const slots: number[] = [];
      for (let slot = next("", timing, afterMs); slot < beforeMs; slot = next("", timing, slot)) {
        slots.push(slot);
        if (slots.length > limit) slots.shift();
      }
      return slots;
    },
  };
}

/**
 * Checks of one period start in at most this many bunches, not each at a millisecond of its own: waking up costs more than a
 * check does, and nobody can tell one hundredth of a period from another. A bunch is never further from the next than 100 ms.
 */
const bunchesInPeriod = 100;
const longestBunchMs = 100;

/** FNV-1a over the id, folded into the period: stable for ever, so that a check keeps its place. */
export function phaseOf(checkId: string, everyMs: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < checkId.length; i++) hash = Math.imul(hash ^ checkId.charCodeAt(i), 0x01000193);
  // A second round spreads ids that differ in their last characters only.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  const bunchMs = Math.min(longestBunchMs, Math.floor(everyMs / bunchesInPeriod));
  return (((hash ^ (hash >>> 15)) >>> 0) % Math.floor(everyMs / bunchMs)) * bunchMs;
}

/** Checks what a person wrote; refuses with a field error for each problem. */
export function parseTiming(input: { every: string; cron: string; timezone: string }): Timing {
  const problems: FieldError[] = [];
  const { every, cron, timezone } = input;
  let everyMs = 0;
  if ((every === "") === (cron === "")) {
    problems.push({ pointer: "", message: 'give either "every" (such as "30s") or "cron" (such as "*/5 * * * *")' });
  } else if (every !== "") {
    everyMs = parseDuration(every) ?? Number.NaN;
    if (!(everyMs >= shortestMs && everyMs <= longestMs && Number.isInteger(everyMs))) {
      problems.push({ pointer: "/every", message: `${JSON.stringify(every)} is not a duration from 1s to ${formatDuration(longestMs)}, such as "30s", "5m" or "1d"` });
    }
    if (timezone !== "") problems.push({ pointer: "/timezone", message: 'a time zone goes with "cron" only' });
  } else {
    problems.push(...cronProblems(cron, timezone));
  }
  if (problems.length > 0) throw new AppError("invalid_argument", `the schedule is not valid: ${problems[0]!.message}`, { fields: problems });
  return { everyMs, cron, timezone: cron === "" ? "" : timezone || "UTC" };
}

function cronProblems(cron: string, timezone: string): FieldError[] {
  if (timezone !== "" && !isTimeZone(timezone)) {
    return [{ pointer: "/timezone", message: `${JSON.stringify(timezone)} is not an IANA time zone such as "Europe/Berlin"` }];
  }
  try {
    // From any instant, since no expression says a year.
    if (parseCron(cron, timezone).nextRun(new Date(0)) === null) return [{ pointer: "/cron", message: `${JSON.stringify(cron)} never comes` }];
  } catch {
    return [{ pointer: "/cron", message: `${JSON.stringify(cron)} is not a cron expression of five fields (or six, seconds first), such as "*/5 * * * *"` }];
  }
  return [];
}

function parseCron(cron: string, timezone: string): Cron {
  if (cron.length > 200 || !/^(@\w+|\S+(\s+\S+){4,5})$/.test(cron.trim())) throw new AppError("invalid_argument", "not a cron expression");
  return new Cron(cron, { timezone: timezone || "UTC", paused: true });
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
