/** "Test this check": one run, now, answered and not stored. */
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
  return roles.core.executeCheck({ check }, longEnough);
}

function toTest(body: JsonObject, call: Call, { config }: Roles): Promise<Check> {
  const { id, schedule: _schedule, ...check } = body;
  if (id === undefined) return config.validateCheck({ check }, call);
  if (typeof id === "string" && Object.keys(body).length === 1) return config.getCheck({ id }, call);
  throw new AppError("invalid_argument", "the check to test is not clear: send a whole check without an id, or the id of a saved one alone", {
    fields: [{ pointer: "/id", message: "either this alone, or a whole check without it" }],
  });
}
