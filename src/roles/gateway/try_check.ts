/** "Test this check": one run, now, answered and not stored. What is saved is no try, and is not counted as one. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Result } from "#contracts/uptimeping/core/v1/core_pb";
import type { Call } from "#kernel/call";
import { AppError } from "#kernel/errors";
import type { Roles, RouteRequest } from "./route.ts";

/** For what surrounds the probe itself. */
const marginMs = 5_000;
const longestMs = 240_000;

export async function testCheck({ body, call, extended }: RouteRequest<undefined, JsonObject>, roles: Roles): Promise<Result> {
  const check = await toTest(body, call, roles);
  const attempts = 1 + check.retries;
  const longEnough = extended(Math.min(attempts * (check.timeoutMs + check.retryDelayMs) + marginMs, longestMs));
  return isSaved(body) ? roles.core.executeCheck({ check }, longEnough) : roles.trial(check, longEnough);
}

function isSaved(body: JsonObject): boolean {
  return Object.keys(body).length === 1 && "id" in body;
}

/** An id alone is the check as it is saved; a document beside it is run as it stands, with the saved secrets where it reads "***". */
async function toTest(body: JsonObject, call: Call, { config }: Roles): Promise<Check> {
  const { id = "", schedule: _schedule, ...check } = body;
  if (typeof id !== "string") {
    const fields = [{ pointer: "/id", message: "must be the id of a saved check" }];
    throw new AppError("invalid_argument", `the check to test is not clear: ${JSON.stringify(id)} is no id`, { fields });
  }
  if (id !== "" && isSaved(body)) return config.getCheck({ id }, call);
  return config.validateCheck({ check, id }, call);
}
