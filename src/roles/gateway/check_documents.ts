/**
 * A check as a person writes it holds its schedule; the roles keep the two apart. Here they are split and joined,
 * so that nothing is stored when either half is wrong.
 */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Schedule } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import type { Call } from "#kernel/call";
import { AppError, pointerOf } from "#kernel/errors";
import { isObject, mergePatch } from "#kernel/merge_patch";
import { defaultEveryMs } from "#ports/check_targets";
import { validated } from "./middleware/validation.ts";
import type { Roles } from "./route.ts";
import { checkView } from "./views/checks.ts";
import { scheduleInput, timingView, type ScheduleInput } from "./views/schedules.ts";
import type { VersionedPatch } from "./versions.ts";

interface Timing {
  every: string;
  cron: string;
  timezone: string;
}

/** Of a check to which nobody gives a schedule. */
function defaultTimingOf({ type, target }: JsonObject): Timing {
  return { every: `${defaultEveryMs(type, isObject(target) ? target : {}) / 1_000}s`, cron: "", timezone: "" };
}

export async function createCheck(document: JsonObject, call: Call, roles: Roles) {
  const { schedule, ...check } = document;
  const timing = schedule == null ? defaultTimingOf(check) : timingOf(parsedSchedule(schedule));
  await validateTiming(timing, call, roles);
  await validateExpectedTimes(check["target"], call, roles);
  await refuseUnknownChannels(check["channels"], call, roles);
  const created = await roles.config.createCheck({ check }, call);
  try {
    return checkView(created, await roles.scheduler.scheduleCheck({ checkId: created.id, ...timing }, call));
  } catch (error) {
    // A check that never runs must not stay behind. The deletion outlives a caller who has left.
    await roles.config.deleteCheck({ id: created.id }, { ...call, signal: neverAborts });
    throw error;
  }
}

const neverAborts = new AbortController().signal;

export async function updateCheck(id: string, { patch, version }: VersionedPatch, call: Call, roles: Roles) {
  const { schedule, ...changes } = patch;
  let timing: Timing | undefined;
  if (schedule != null) {
    timing = await mergedTiming(id, parsedSchedule(schedule), call, roles);
    await validateTiming(timing, call, roles);
  }
  if (isObject(changes["target"])) await validateExpectedTimes(await mergedTarget(id, changes["target"], call, roles), call, roles);
  await refuseUnknownChannels(changes["channels"], call, roles);
  const changesCheck = Object.keys(changes).length > 0 || schedule === undefined;
  const check = changesCheck ? await roles.config.updateCheck({ id, patch: changes, version }, call) : await checkAtVersion(id, version, call, roles);
  if (timing !== undefined) return checkView(check, await roles.scheduler.scheduleCheck({ checkId: id, ...timing }, call));
  if (schedule === null) await roles.scheduler.unscheduleCheck({ checkId: id }, call);
  return readCheck(check, call, roles);
}

/** Turns a check on or off whatever its version: the one who asks wants just that. */
export function enableCheck(id: string, enabled: boolean, call: Call, roles: Roles) {
  return retriedOnConflict(async () => {
    const { version } = await roles.config.getCheck({ id }, call);
    return readCheck(await roles.config.updateCheck({ id, patch: { enabled }, version }, call), call, roles);
  });
}

/** For a change that reads the newest version itself: when somebody was faster it is tried on what they left. */
export async function retriedOnConflict<T>(change: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof AppError && error.code === "version_conflict") || tries === 3) throw error;
    }
  }
}

export async function readCheck(check: Check, call: Call, roles: Roles) {
  const [joined] = await readChecks([check], call, roles);
  return joined!;
}

export async function readChecks(checks: Check[], call: Call, { scheduler }: Roles) {
  if (checks.length === 0) return [];
  const { items } = await scheduler.listSchedules({ checkIds: checks.map((check) => check.id) }, call);
  const schedules = new Map<string, Schedule>(items.map((schedule) => [schedule.checkId, schedule]));
  return checks.map((check) => checkView(check, schedules.get(check.id)));
}

async function checkAtVersion(id: string, version: number, call: Call, { config }: Roles): Promise<Check> {
  const check = await config.getCheck({ id }, call);
  if (check.version !== version) {
    throw new AppError("version_conflict", `the check is at version ${check.version}, you saw ${version}: read it again and repeat your change`);
  }
  return check;
}

/** Merge patch inside the schedule: naming `every` takes the place of `cron`, and the other way round. */
async function mergedTiming(id: string, input: ScheduleInput, call: Call, { scheduler }: Roles): Promise<Timing> {
  const given = timingOf(input);
  if (given.every !== "" || given.cron !== "") return given;
  const [current] = (await scheduler.listSchedules({ checkIds: [id] }, call)).items;
  return current === undefined ? given : timingOf({ ...timingView(current), ...input });
}

function timingOf({ every, cron, timezone }: ScheduleInput): Timing {
  return { every: every ?? "", cron: cron ?? "", timezone: timezone ?? "" };
}

function parsedSchedule(schedule: unknown): ScheduleInput {
  return inSchedule(() => validated(scheduleInput, schedule, "body"));
}

async function validateTiming(timing: Timing, call: Call, { scheduler }: Roles): Promise<void> {
  try {
    await scheduler.validateSchedule({ checkId: "", ...timing }, call);
  } catch (error) {
    throw inside(error, "/schedule");
  }
}

/** A heartbeat's cron expression says when its job succeeds, not when it is looked at; only the scheduler can read one. */
async function validateExpectedTimes(target: JsonValue | undefined, call: Call, { scheduler }: Roles): Promise<void> {
  if (!isObject(target)) return;
  const { cron, timezone = "" } = target;
  if (typeof cron !== "string" || cron === "" || typeof timezone !== "string") return;
  try {
    await scheduler.validateSchedule({ checkId: "", every: "", cron, timezone }, call);
  } catch (error) {
    throw inside(error, "/target");
  }
}

/** A check whose only channel does not exist would tell nobody. What is no list of ids is refused by the config role. */
export async function refuseUnknownChannels(ids: JsonValue | undefined, call: Call, { notification }: Roles): Promise<void> {
  if (!Array.isArray(ids) || ids.length > mostChannels) return;
  const isMissing = async (id: JsonValue) => typeof id === "string" && id.startsWith("chn_") && !(await exists(() => notification.getChannel({ id }, call)));
  const missing = await Promise.all(ids.map(isMissing));
  const fields = ids.flatMap((id, index) => (missing[index] ? [{ pointer: pointerOf(["channels", index]), message: `no channel ${JSON.stringify(id)}` }] : []));
  if (fields.length > 0) throw new AppError("invalid_argument", `the check is not valid: ${fields.length === 1 ? fields[0]!.message : `${fields.length} problems`}`, { fields });
}

const mostChannels = 50;

async function exists(get: () => Promise<unknown>): Promise<boolean> {
  try {
    await get();
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") return false;
    throw error;
  }
}

async function mergedTarget(id: string, patch: JsonObject, call: Call, { config }: Roles): Promise<JsonObject> {
  return "cron" in patch || "timezone" in patch ? mergePatch((await config.getCheck({ id }, call)).target ?? {}, patch) : {};
}

function inSchedule<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw inside(error, "/schedule");
  }
}

/** The scheduler speaks of a schedule; the caller wrote it inside a check. */
function inside(error: unknown, place: string): unknown {
  if (!(error instanceof AppError) || error.code !== "invalid_argument") return error;
  const fields = error.fields.map(({ pointer, message }) => ({ pointer: `${place}${pointer}`, message }));
  return new AppError(error.code, error.message, { cause: error, fields });
}
