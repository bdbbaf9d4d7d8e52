/** One probe: the module's check of the target, run once, and whether it succeeded as the exporter would say. */
import { create } from "@bufbuild/protobuf";
import { AssertionSchema, CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import { ResultSchema, type AssertionOutcome, type Result } from "#contracts/uptimeping/core/v1/core_pb";
import type { Call } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { parseCheckDocument, type CheckDocument } from "#ports/check_document";
import type { Trial } from "../trial.ts";
import type { IpFamily, ProbeModule } from "./module.ts";

export interface ProbeRequest {
  module: ProbeModule;
  target: string;
  hostname: string;
  timeoutMs: number;
}

export interface Probed {
  result: Result;
  ok: boolean;
  /** Why not; a kind from the closed list. */
  error: { kind: string; message: string } | undefined;
  failedDueToRegex: boolean;
}

export type RunProbe = (request: ProbeRequest, call: Call) => Promise<Probed>;

/** The same targets come again with every scrape: reading their documents anew would cost more than the rest of a probe. */
const mostRemembered = 10_000;
const longestRemembered = 1_000;

export function createProbeRunner(trial: Trial, clock: Clock): RunProbe {
  const remembered = new Map<string, Check>();

  /** Throws an Error with the reason when this target cannot be checked. */
  const checkOf = ({ module, target, hostname }: ProbeRequest, family: IpFamily): Check => {
    const key = JSON.stringify([module.name, family, hostname, target]);
    const known = remembered.get(key);
    if (known) return known;
    const draft = module.draft(target, hostname);
    const parsed = parseCheckDocument({ ...draft, name: `${module.name} probe`, target: { ...draft.target, ...(family !== "any" && { ipFamily: family }) }, retries: 0 });
    if (!parsed.ok) throw new Error(parsed.fields.map(({ pointer, message }) => `${pointer}: ${message}`).join("; "));
    const check = messageOfDocument(parsed.check);
    if (key.length <= longestRemembered) remembered.set(key, check);
    if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value!);
    return check;
  };

  return async (request, call) => {
    const { module, timeoutMs } = request;
    const untilMs = clock.monotonic() + timeoutMs;
    let result = create(ResultSchema);
    try {
      for (const family of module.families) {
        const check = checkOf(request, family);
        result = await trial({ ...check, timeoutMs: Math.max(1, Math.floor(untilMs - clock.monotonic())) }, call);
        if (result.error?.kind !== "dns_not_found") break;
      }
    } catch (error) {
      if (error instanceof AppError) throw error;
      return { result, ok: false, error: { kind: "config_invalid", message: `the target cannot be probed: ${messageOf(error)}` }, failedDueToRegex: false };
    }
    // Nobody looked, for a reason of ours: no sample is better than a false one.
    if (result.error?.kind === "internal") throw new AppError("unavailable", `the target was not probed: ${result.error.message}`, { retryAfterS: 1 });
    return judged(request, result);
  };
}

function judged({ module, target }: ProbeRequest, result: Result): Probed {
  const failing = result.assertions.filter((outcome) => !outcome.ok && !module.forgives?.(outcome));
  const forgiven = failing.length === 0 && result.assertions.some((outcome) => !outcome.ok);
  const isFailed = result.status !== "up" && result.status !== "degraded" && !forgiven;
  if (isFailed || failing.length > 0) {
    const failedDueToRegex = failing.length > 0 ? failing.every(isPattern) : module.prober === "tcp" && result.error?.kind === "assertion_failed";
    return { result, ok: false, error: reasonOf(result, failing), failedDueToRegex };
  }
  const complaint = module.complaint?.(result, target);
  return { result, ok: complaint === undefined, error: complaint === undefined ? undefined : { kind: "assertion_failed", message: complaint }, failedDueToRegex: false };
}

/** The result's own reason, unless that is an assertion which the module forgives. */
function reasonOf({ error, assertions }: Result, failing: AssertionOutcome[]): { kind: string; message: string } {
  const [first] = failing;
  if (error && first === assertions.find((outcome) => !outcome.ok)) return { kind: error.kind, message: error.message };
  const { source, op, path, expectedJson, actualJson } = first!;
  return { kind: "assertion_failed", message: `${[source, path].join(" ").trim()} is ${actualJson || "missing"}, expected ${op} ${expectedJson}` };
}

function isPattern({ source }: AssertionOutcome): boolean {
  return source === "header" || source === "body";
}

function messageOfDocument({ type, target, assertions }: CheckDocument): Check {
  return create(CheckSchema, {
    type,
    target: target as Check["target"] & object,
    assertions: assertions.map(({ source, op, value, path = "", severity }) => create(AssertionSchema, { source, op, path, severity, valueJson: value === undefined ? "" : JSON.stringify(value) })),
  });
}
