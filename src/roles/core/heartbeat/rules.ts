/** What a heartbeat check asks of its job, read once per version of the check. */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { formatDuration } from "#kernel/settings";
import { readHeartbeat } from "#ports/targets/heartbeat";
import { assertionsOf, type CompiledAssertion } from "../judge.ts";

export interface HeartbeatRules {
  /** 0 when a cron expression says when. */
  periodMs: number;
  graceMs: number;
  maxRunMs: number;
  /** "every 1h with 5m grace": what was expected, for a message. */
  expectation: string;
  assertions: CompiledAssertion[];
  /** The person says which exit codes are right; else only 0 is. */
  judgesExitCode: boolean;
  /** Why the check cannot be judged at all. */
  problem: string | undefined;
}

/** A new version of a check is a new object. */
const known = new WeakMap<Check, HeartbeatRules>();

export function rulesOf(check: Check): HeartbeatRules {
  let rules = known.get(check);
  if (!rules) {
    rules = readRules(check);
    known.set(check, rules);
  }
  return rules;
}

function readRules(check: Check): HeartbeatRules {
  const { periodMs, cron, timezone, graceMs, maxRunMs } = readHeartbeat(check.target ?? {});
  const rules: HeartbeatRules = {
    periodMs,
    graceMs,
    maxRunMs,
    expectation: `${cron === "" ? `every ${formatDuration(periodMs)}` : `at "${cron}" ${timezone}`} with ${formatDuration(graceMs)} grace`,
    assertions: [],
    judgesExitCode: check.assertions.some(({ source }) => source === "exit_code"),
    problem: undefined,
  };
  try {
    if (periodMs === 0 && cron === "") throw new Error("neither period nor cron is given");
    rules.assertions = assertionsOf(check);
  } catch (error) {
    rules.problem = `check cannot be judged: ${(error as Error).message}`;
  }
  return rules;
}
