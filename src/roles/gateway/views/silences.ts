/** What is not told for a while. */
import type { Silence } from "#contracts/uptimeping/notification/v1/notification_pb";
import { iso } from "#kernel/clock";
import { z } from "zod";
import { coveredChecks, matcherList, matchersView, time } from "./shared.ts";

const states = ["pending", "active", "expired"] as const;

const document = {
  matchers: matcherList.meta({
    description: "all must hold: label is checkId, name, type, tag.NAME, severity, kind or event; op is eq, ne, in, not_in, matches or not_matches",
  }),
  startsAt: time.meta({ description: "RFC 3339; now when it is not given" }),
  endsAt: time,
  comment: z.string().meta({ description: "why" }),
};

export const silenceShape = z
  .strictObject({ id: z.string(), ...document, state: z.enum(states), createdBy: z.string(), version: z.number(), createdAt: time, updatedAt: time })
  .meta({ id: "Silence" });

/** What a person writes. Notification checks it in full; this is the outline for the documentation. */
export const silenceInput = z.strictObject(document).partial({ startsAt: true }).meta({ id: "SilenceInput" });

export const silencePatch = z
  .strictObject({ ...document, version: z.number().meta({ description: "the version that was seen; or send If-Match" }) })
  .partial()
  .meta({ id: "SilencePatch", description: "JSON merge patch (RFC 7396)" });

export const silencePreviewShape = z.strictObject(coveredChecks);

export function silenceView(silence: Silence) {
  const { id, matchers, startsAtMs, endsAtMs, comment, createdBy, version, createdAtMs, updatedAtMs } = silence;
  return {
    id,
    matchers: matchersView(matchers),
    startsAt: iso(startsAtMs),
    endsAt: iso(endsAtMs),
    comment,
    state: silence.state as (typeof states)[number],
    createdBy,
    version,
    createdAt: iso(createdAtMs),
    updatedAt: iso(updatedAtMs),
  };
}
