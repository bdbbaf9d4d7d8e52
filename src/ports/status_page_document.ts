/**
 * A status page and a note on one, as a person writes them (`api.md`). Config checks and keeps them, the gateway shows them.
 */
import { z } from "zod";
import { type FieldError, pointerOf } from "#kernel/errors";
import { plainMessage } from "#kernel/plain_message";

const isOneLine = (value: string) => !/[\u0000-\u001f\u007f]/.test(value);
const line = (max: number) => z.string("must be a text").trim().max(max, `must be at most ${max} characters`).refine(isOneLine, "must not hold line breaks or other control characters");
const area = (max: number) => z.string("must be a text").max(max, `must be at most ${max} characters`);
const required = (max: number) => line(max).min(1, "must not be empty");
const flag = z.boolean("must be true or false");
const checkId = z.string().regex(/^chk_[0-9A-Za-z]{1,40}$/, "must be the id of a check, such as chk_01J…");

const webLink = z
  .string("must be a text")
  .max(2_000, "must be at most 2000 characters")
  .refine((text) => /^(https?:\/\/|mailto:)/i.test(text) && URL.canParse(text), "must be an http, https or mailto address");

const group = z.strictObject({
  name: line(100).default(""),
  checks: z.array(checkId).max(500, "at most 500 checks").default([]),
  /** Checks that have all of these tags are in the group as well. */
  tags: z.record(z.string().max(63), z.string("must be a text").max(200)).default({}),
  collapsed: flag.default(false),
});

/** Words of ours below `/status/{slug}/`, and names that would be mistaken for files. */
const slugPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export const pageSchema = z.strictObject({
  slug: z.string("must be a text").regex(slugPattern, "must be 1 to 63 small letters, digits or hyphens, the first and the last no hyphen"),
  title: required(120),
  description: area(2_000).default(""),
  published: flag.default(false),
  theme: z.enum(["auto", "light", "dark"], "must be auto, light or dark").default("auto"),
  language: z.enum(["en", "ru"], "must be en or ru").default("en"),
  domain: z
    .string("must be a text")
    .trim()
    .toLowerCase()
    .max(253, "must be at most 253 characters")
    .regex(/^$|^(?=.*\.)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "must be a host name such as status.example.com, without scheme and port")
    .refine((text) => !/\.\d+$/.test(text), "must be a name, not an address")
    .default(""),
  groups: z.array(group).max(50, "at most 50 groups").default([]),
  showLatency: flag.default(true),
  showBars: flag.default(true),
  showIncidents: flag.default(true),
  showMaintenance: flag.default(true),
  subscribe: flag.default(false),
  /** The e-mail channel through which subscribers are written to; "" for none. */
  emailChannel: z.string().regex(/^$|^chn_[0-9A-Za-z]{1,40}$/, "must be the id of an e-mail channel, such as chn_01J…").default(""),
  links: z.array(z.strictObject({ label: required(60), url: webLink })).max(10, "at most 10 links").default([]),
  footer: area(500).default(""),
});

const impacts = ["none", "minor", "major", "maintenance"] as const;
const incidentStates = ["investigating", "identified", "monitoring", "resolved"] as const;
const maintenanceStates = ["scheduled", "in_progress", "completed"] as const;
const states = [...incidentStates, ...maintenanceStates] as const;
const moment = z.iso.datetime({ offset: true, error: "must be a time, such as 2026-03-01T02:00:00Z" });

const update = z.strictObject({
  /** Now when it is not given. */
  at: moment.optional(),
  state: z.enum(states, `must be one of ${states.join(", ")}`),
  text: area(10_000).min(1, "must not be empty"),
});

export const noteSchema = z.strictObject({
  kind: z.enum(["incident", "maintenance"], "must be incident or maintenance").default("incident"),
  title: required(200),
  impact: z.enum(impacts, `must be one of ${impacts.join(", ")}`).default("minor"),
  /** Checks that it is about. */
  components: z.array(checkId).max(500, "at most 500 checks").default([]),
  /** Of maintenance. */
  startsAt: moment.optional(),
  endsAt: moment.optional(),
  updates: z.array(update).min(1, "must have at least one update").max(200, "at most 200 updates"),
  /** Subscribers hear of what is new in this change. */
  notify: flag.default(true),
});

export type PageDocument = z.infer<typeof pageSchema>;
export type NoteDocument = z.infer<typeof noteSchema>;

export type Parsed<T> = { ok: true; value: T } | { ok: false; fields: FieldError[] };

export function parsePage(json: unknown): Parsed<PageDocument> {
  return parsedWith(pageSchema, json);
}

export function parseNote(json: unknown): Parsed<NoteDocument> {
  const parsed = parsedWith(noteSchema, json);
  if (!parsed.ok) return parsed;
  const { kind, updates, startsAt, endsAt } = parsed.value;
  const allowed: readonly string[] = kind === "incident" ? incidentStates : maintenanceStates;
  const fields = updates.flatMap(({ state }, index) => (allowed.includes(state) ? [] : [{ pointer: pointerOf(["updates", index, "state"]), message: `"${state}" does not go with ${kind}: one of ${allowed.join(", ")}` }]));
  if (kind === "maintenance" && startsAt === undefined) fields.push({ pointer: "/startsAt", message: "maintenance needs the time at which it begins" });
  if (startsAt !== undefined && endsAt !== undefined && Date.parse(endsAt) <= Date.parse(startsAt)) fields.push({ pointer: "/endsAt", message: "must be after startsAt" });
  return fields.length > 0 ? { ok: false, fields } : parsed;
}

function parsedWith<T>(schema: z.ZodType<T>, json: unknown): Parsed<T> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const fields = parsed.error.issues.slice(0, 100).flatMap((issue): FieldError[] => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), message: "unknown field" }));
    const message = issue.code === "invalid_type" && issue.input === undefined && !issue.message.startsWith("must") ? "is needed" : plainMessage(issue.message);
    return [{ pointer: pointerOf(issue.path), message }];
  });
  return { ok: false, fields };
}
