/** Shapes that many answers share: times, pages, lists. */
import type { JsonObject } from "@bufbuild/protobuf";
import { iso } from "#kernel/clock";
import { locationName } from "#ports/check_document";
import { z } from "zod";

export const time = z.iso.datetime().meta({ description: "RFC 3339, UTC, with milliseconds" });
export const timeOrNull = time.nullable().meta({ description: "RFC 3339, UTC, with milliseconds; null when it never was" });
export const jsonObject = z.record(z.string(), z.unknown());

/** Any JSON object: the role that owns the document checks it. */
export const documentBody = jsonObject as z.ZodType<unknown> as z.ZodType<JsonObject>;

/** Contracts say 0 for "never". */
export function isoOrNull(epochMs: number): string | null {
  return epochMs > 0 ? iso(epochMs) : null;
}

export const matcherList = z.array(z.strictObject({ label: z.string(), op: z.string(), value: z.string().or(z.array(z.string())) }));

/** The role that owns them has checked them. */
export function matchersView(matchers: readonly JsonObject[]): z.infer<typeof matcherList> {
  return matchers as z.infer<typeof matcherList>;
}

/** What a selection covers today. */
export const coveredChecks = {
  checks: z.array(z.strictObject({ id: z.string(), name: z.string() })).meta({ description: "the first 200" }),
  checkCount: z.number(),
};

export function pageOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() });
}

export function listOf<T extends z.ZodType>(item: T) {
  return z.strictObject({ items: z.array(item) });
}

export function page<T>(items: T[], nextCursor: string): { items: T[]; nextCursor: string | null } {
  return { items, nextCursor: nextCursor === "" ? null : nextCursor };
}

/** JSON text from a contract; null when there is none. */
export function parsedOrNull(text: string): unknown {
  return text === "" ? null : JSON.parse(text);
}

/** `?limit=&cursor=`, with room for a list's own filters. */
export const paging = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).default(""),
};

/** A time in a query as epoch milliseconds; 0 when it is not given. */
export const timeFilter = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .or(z.literal("").transform(() => 0))
  .default(0);

/** One location; "" for all that a check names. */
export const locationFilter = locationName.or(z.literal("")).default("").meta({ description: "one location, which the check may name no longer; all that it names when not given" });

export const comment = z.string().max(4_000).default("");
