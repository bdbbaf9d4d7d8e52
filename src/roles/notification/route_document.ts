/** A route as a person writes it; every problem at once, each with its JSON pointer. */
import type { JsonObject } from "@bufbuild/protobuf";
import { z } from "zod";
import { AppError } from "#kernel/errors";
import { matchersSchema } from "#ports/matchers";
import type { Route } from "#ports/routes";
import { problemsOf } from "./document_problems.ts";

export type RouteDocument = Omit<Route, "id" | "tenantId" | "version" | "createdAtMs" | "updatedAtMs">;

const minuteMs = 60_000;
const dayMs = 86_400_000;

const whole = (min: number, max: number, what: string) => {
  const rule = `must be a whole number of ${what} from ${min} to ${max}`;
  return z.number(rule).int(rule).min(min, rule).max(max, rule);
};
const channelId = z.string("must be the id of a channel").regex(/^chn_[0-9A-Za-z]{1,40}$/, 'must be the id of a channel, such as "chn_01J…"');
const channels = z.array(channelId, "must be a list of ids of channels").max(50, "at most 50 channels");
const groupLabel = z.string("must be a label").regex(/^(checkId|name|type|severity|kind|tag\.[A-Za-z0-9][\w.\-/]{0,62})$/, "must be checkId, name, type, severity, kind or tag.NAME");

const step = z.strictObject({ afterMs: whole(minuteMs, 7 * dayMs, "milliseconds"), channels: channels.min(1, "must name at least one channel") });
const escalation = z
  .array(step, "must be a list of steps")
  .max(10, "at most 10 steps")
  .refine((steps) => steps.every(({ afterMs }, index) => index === 0 || afterMs > steps[index - 1]!.afterMs), "each step must come later than the one before it");

const document = z.strictObject({
  name: z.string("must be a text").trim().min(1, "must not be empty").max(100, "must be at most 100 characters"),
  position: whole(0, 10_000, "places").default(100),
  enabled: z.boolean("must be true or false").default(true),
  matchers: matchersSchema.default([]),
  channels: channels.default([]),
  continue: z.boolean("must be true or false").default(false),
  groupBy: z.array(groupLabel, "must be a list of labels").max(10, "at most 10 labels").default([]),
  groupWaitMs: whole(0, 10 * minuteMs, "milliseconds").optional(),
  groupIntervalMs: whole(0, dayMs, "milliseconds").optional(),
  reminderEveryMs: whole(0, 7 * dayMs, "milliseconds")
    .refine((ms) => ms === 0 || ms >= minuteMs, `must be 0 for none, or at least ${minuteMs}`)
    .default(0),
  escalation: escalation.default([]),
});

export function parseRoute(written: JsonObject): RouteDocument {
  const parsed = document.safeParse(written);
  if (parsed.success) return parsed.data as RouteDocument;
  const fields = problemsOf(parsed.error);
  throw new AppError("invalid_argument", `the route is not right: ${fields[0]!.pointer}: ${fields[0]!.message}`, { fields });
}
