/** The silences of a tenant: written, changed, ended, and asked. */
import type { JsonObject } from "@bufbuild/protobuf";
import { z } from "zod";
import { iso } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import { mergePatch } from "#kernel/merge_patch";
import { compileMatchers, type Labels, matchersSchema } from "#ports/matchers";
import type { Silence, SilenceStore } from "#ports/silences";
import { problemsOf } from "./document_problems.ts";

export interface Silences {
  create(tenantId: string, document: JsonObject, createdBy: string): Promise<Silence>;
  get(tenantId: string, id: string): Promise<Silence>;
  list(tenantId: string, cursor: string, limit: number): Promise<Silence[]>;
  update(tenantId: string, id: string, change: { patch: JsonObject; seenVersion: number }): Promise<Silence>;
  /** Ends one that is active, and one that has not begun. */
  end(tenantId: string, id: string): Promise<Silence>;
  remove(tenantId: string, id: string): Promise<void>;
  /** The one that ends last of those that mute something with these labels now. */
  muting(tenantId: string, labels: Labels): Promise<Silence | undefined>;
  stateOf(silence: Silence): "pending" | "active" | "expired";
}

export interface SilenceTools {
  silences: SilenceStore;
  ids: Ids;
  now: () => number;
  /** Told when what is muted may have changed. */
  changed(tenantId: string): void;
}

const longestMs = 366 * 86_400_000;

const instant = z.iso.datetime({ offset: true, error: 'must be a time with a zone, such as "2026-03-29T02:30:00Z"' });

const document = z.strictObject({
  matchers: matchersSchema.min(1, 'must have at least one matcher: to mute everything, say { "label": "name", "op": "matches", "value": "" }'),
  startsAt: instant.optional(),
  endsAt: instant,
  comment: z.string("must be a text").trim().min(1, "must say why").max(2_000, "must be at most 2000 characters"),
});

type Written = Pick<Silence, "matchers" | "startsAtMs" | "endsAtMs" | "comment">;

export function createSilences({ silences, ids, now, changed }: SilenceTools): Silences {
  const found = async (tenantId: string, id: string) => {
    const silence = await silences.find(tenantId, id);
    if (silence === undefined) throw new AppError("not_found", `there is no silence "${id.slice(0, 80)}"`);
    return silence;
  };
  const replace = async (before: Silence, change: Partial<Silence>): Promise<Silence> => {
    const after: Silence = { ...before, ...change, version: before.version + 1, updatedAtMs: now() };
    if (!(await silences.replace(after, before.version))) throw conflict(before.version, (await found(before.tenantId, before.id)).version);
    changed(before.tenantId);
    return after;
  };

  return {
    async create(tenantId, written, createdBy) {
      const silence: Silence = { ...parse(written, now()), id: ids.next("sil"), tenantId, createdBy, version: 1, createdAtMs: now(), updatedAtMs: now() };
      await silences.insert(silence);
      changed(tenantId);
      return silence;
    },
    get: found,
    list: (tenantId, cursor, limit) => silences.list(tenantId, cursor, limit),
    async update(tenantId, id, { patch, seenVersion }) {
      const before = await found(tenantId, id);
      if (before.version !== seenVersion) throw conflict(seenVersion, before.version);
      const { matchers, startsAtMs, endsAtMs, comment } = before;
      const written = { matchers, startsAt: iso(startsAtMs), endsAt: iso(endsAtMs), comment } as unknown as JsonObject;
      return replace(before, parse(mergePatch(written, patch), startsAtMs));
    },
    async end(tenantId, id) {
      const before = await found(tenantId, id);
      if (before.endsAtMs <= now()) return before;
      return replace(before, { endsAtMs: now(), startsAtMs: Math.min(before.startsAtMs, now()) });
    },
    async remove(tenantId, id) {
      if (!(await silences.remove(tenantId, id))) throw new AppError("not_found", `there is no silence "${id.slice(0, 80)}"`);
      changed(tenantId);
    },
    stateOf({ startsAtMs, endsAtMs }) {
      if (endsAtMs <= now()) return "expired";
      return startsAtMs > now() ? "pending" : "active";
    },
    async muting(tenantId, labels) {
      const nowMs = now();
      const active = (await silences.unexpired(tenantId, nowMs)).filter(({ startsAtMs, matchers }) => startsAtMs <= nowMs && compileMatchers(matchers)(labels));
      return active.reduce<Silence | undefined>((last, one) => (last === undefined || one.endsAtMs > last.endsAtMs ? one : last), undefined);
    },
  };
}

function parse(written: JsonObject, defaultStartMs: number): Written {
  const parsed = document.safeParse(written);
  const fields = parsed.success ? timeProblems(parsed.data, defaultStartMs) : problemsOf(parsed.error);
  if (fields.length > 0) throw new AppError("invalid_argument", `the silence is not right: ${fields[0]!.pointer}: ${fields[0]!.message}`, { fields });
  const { matchers, startsAt, endsAt, comment } = parsed.data!;
  return { matchers, startsAtMs: startsAt === undefined ? defaultStartMs : Date.parse(startsAt), endsAtMs: Date.parse(endsAt), comment } as Written;
}

function timeProblems({ startsAt, endsAt }: { startsAt?: string | undefined; endsAt: string }, defaultStartMs: number) {
  const startMs = startsAt === undefined ? defaultStartMs : Date.parse(startsAt);
  const lengthMs = Date.parse(endsAt) - startMs;
  if (lengthMs <= 0) return [{ pointer: "/endsAt", message: `must be after the start, ${iso(startMs)}` }];
  return lengthMs > longestMs ? [{ pointer: "/endsAt", message: "must be within a year of the start: what is never to be told is better routed nowhere" }] : [];
}

function conflict(seen: number, now: number): AppError {
  return new AppError("version_conflict", `the silence was changed by somebody else: you saw version ${seen}, it is now ${now}`);
}
