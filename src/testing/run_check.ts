/** Runs one check for a test, as a probe worker would, and finds sockets that were left behind. */
import { readdirSync, readlinkSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { AssertionSchema, CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Result } from "#contracts/uptimeping/core/v1/core_pb";
import { systemClock } from "#kernel/clock";
import { detailOf, messageOfResult, storedResultOf } from "../roles/core/result_message.ts";
import { prepareCheck, runCheck, type Run, type RunEnvironment } from "../roles/core/run.ts";

export interface TrialCheck {
  type?: string;
  target: object;
  assertions?: { source: string; op: string; value?: unknown; path?: string; severity?: string }[];
  timeoutMs?: number;
  retries?: number;
  retryDelayMs?: number;
}

export const openEnvironment: RunEnvironment = {
  clock: systemClock,
  egress: { allow: [], deny: [], own: [] },
  privateAllowed: true,
  descriptors: () => Promise.reject(new Error("no proto sets here")),
};

export function checkOf(trial: TrialCheck) {
  const assertions = (trial.assertions ?? []).map(({ source, op, value, path, severity }) =>
    create(AssertionSchema, { source, op, path: path ?? "", severity: severity ?? "down", valueJson: value === undefined ? "" : JSON.stringify(value) }),
  );
  return create(CheckSchema, {
    id: "chk_trial",
    name: "trial",
    type: trial.type ?? "http",
    enabled: true,
    target: trial.target as never,
    assertions,
    timeoutMs: trial.timeoutMs ?? 2_000,
    retries: trial.retries ?? 0,
    retryDelayMs: trial.retryDelayMs ?? 0,
  });
}

export function tryCheck(trial: TrialCheck, environment: Partial<RunEnvironment> = {}): Promise<Run> {
  return runCheck(prepareCheck(checkOf(trial)), { ...openEnvironment, ...environment });
}

/** A check run as `executeCheck` runs it, without a worker. */
export async function executed(check: Check, environment: Partial<RunEnvironment> = {}): Promise<Result> {
  const run = await runCheck(prepareCheck(check), { ...openEnvironment, ...environment });
  const finished = Object.assign(Object.create(run) as Run, { detail: run.detail(true) }) as never;
  const slot = { tenantId: check.tenantId, checkId: "", checkNo: 0, slotMs: run.startedAtMs, trigger: "manual" } as const;
  return messageOfResult({ ...storedResultOf(finished, slot, undefined), detail: detailOf(finished, "") });
}

/** How many sockets this process holds. */
export function openSockets(): number {
  return socketsNow().size;
}

/** The sockets of this process by name (`socket:[inode]`), to tell those that a test opened from those of others that closed meanwhile. */
export function socketsNow(): Set<string> {
  const names = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return new Set(names.filter((name) => name.startsWith("socket:")));
}
