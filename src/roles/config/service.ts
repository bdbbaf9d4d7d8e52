/** The checks of a tenant: validated as a whole, versioned, and announced to the roles that run them. */
import { create, type JsonObject } from "@bufbuild/protobuf";
import { CheckChangeSchema, CheckSchema, type Check, type CheckChange } from "#contracts/uptimeping/config/v1/config_pb";
import { createBroadcast } from "#kernel/broadcast";
import { AppError, type FieldError, pointerOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import { isObject, mergePatch } from "#kernel/merge_patch";
import { idCursor, type Page, pageOf, pageSize } from "#kernel/page";
import type { RoleContext } from "#kernel/role";
import type { ValuesOf } from "#kernel/settings";
import { parseCheckDocument } from "#ports/check_document";
import type { CheckFilter } from "#ports/checks";
import type { Ports } from "#ports/index";
import { documentOf, messageOfDocument } from "./document.ts";
import { keepMasked, masked, opened, sealed } from "./secrets.ts";
import type { configSettings } from "./settings.ts";

export interface Checks {
  create(tenantId: string, document: JsonObject): Promise<Check>;
  get(tenantId: string, id: string): Promise<Check>;
  update(tenantId: string, id: string, change: { patch: JsonObject; version: number }): Promise<Check>;
  remove(tenantId: string, id: string): Promise<void>;
  list(tenantId: string, filter: CheckFilter): Promise<Page<Check>>;
  /** `id` names the saved check whose secrets "***" stands for, "" for none; what comes out is not that check and has no id. */
  validate(tenantId: string, document: JsonObject, id: string): Promise<Check>;
  watch(signal: AbortSignal): AsyncIterable<CheckChange>;
}

type Context = RoleContext<object, Pick<Ports, "checks" | "vault">, ValuesOf<typeof configSettings>>;

/** `changed` is called after every change of any check. */
export function createChecks({ ports, clock, ids, settings }: Context, changed: () => void = () => {}): Checks {
  const { checks: store, vault } = ports;
  const changes = createBroadcast<CheckChange>();
  const counts = new Map<string, number>();

  const get = async (tenantId: string, id: string): Promise<Check> => {
    const check = await store.find(tenantId, id);
    if (!check) throw new AppError("not_found", `no check ${JSON.stringify(id)}`);
    return opened(check, vault);
  };

  const parse = async (tenantId: string, document: JsonObject, stored?: Check): Promise<Check> => {
    const { whole, fields } = withStoredSecrets(document, stored);
    const parsed = parseCheckDocument(whole);
    if (!parsed.ok) throw invalid(parsed.fields);
    if (fields.length > 0) throw invalid(fields);
    const check = messageOfDocument(parsed.check);
    await refuseUnknownParents(tenantId, check, stored?.id ?? "");
    return check;
  };

  /** A check may only depend on checks of its own tenant, and never on itself, however long the way round. */
  const refuseUnknownParents = async (tenantId: string, check: Check, id: string): Promise<void> => {
    const fields: FieldError[] = [];
    for (const [i, parent] of check.dependsOn.entries()) {
      const pointer = pointerOf(["dependsOn", i]);
      if (parent === id && id !== "") fields.push({ pointer, message: "a check cannot depend on itself" });
      else if (!(await store.find(tenantId, parent))) fields.push({ pointer, message: `no check ${JSON.stringify(parent)}` });
      else if (id !== "" && (await reaches(tenantId, parent, id))) fields.push({ pointer, message: `${parent} already depends on this check: dependencies may not form a circle` });
    }
    if (fields.length > 0) throw invalid(fields);
  };

  const reaches = async (tenantId: string, from: string, goal: string, seen = new Set<string>()): Promise<boolean> => {
    if (from === goal) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    for (const parent of (await store.find(tenantId, from))?.dependsOn ?? []) {
      if (await reaches(tenantId, parent, goal, seen)) return true;
    }
    return false;
  };

  const announce = (change: CheckChange["change"]) => {
    changes.send(create(CheckChangeSchema, { change }));
    changed();
  };

  return {
    get,
    async validate(tenantId, document, id) {
      return parse(tenantId, document, id === "" ? undefined : await get(tenantId, id));
    },
    async create(tenantId, document) {
      const held = counts.get(tenantId) ?? (await count(tenantId));
      if (held >= settings.maxChecksPerTenant) {
        throw new AppError("failed_precondition", `this tenant already has ${held} checks: the setting max-checks-per-tenant allows no more`);
      }
      const now = clock.now();
      const parsed = await parse(tenantId, document);
      const check = create(CheckSchema, { ...parsed, id: ids.next("chk"), tenantId, version: 1, createdAtMs: now, updatedAtMs: now });
      await store.insert(sealed(check, vault));
      failpoint("check_stored");
      counts.set(tenantId, (counts.get(tenantId) ?? held) + 1);
      announce({ case: "saved", value: check });
      return check;
    },
    async update(tenantId, id, { patch, version }) {
      const stored = await get(tenantId, id);
      if (version !== stored.version) {
        throw new AppError("version_conflict", `the check is at version ${stored.version}, you saw ${version}: read it again and repeat your change`);
      }
      const document = mergePatch(documentOf(masked(stored)), patch);
      const parsed = await parse(tenantId, document, stored);
      const next = create(CheckSchema, {
        ...parsed,
        id,
        tenantId,
        version: version + 1,
        createdAtMs: stored.createdAtMs,
        updatedAtMs: clock.now(),
      });
      if (!(await store.replace(sealed(next, vault), version))) {
        throw new AppError("version_conflict", "somebody else changed the check at the same moment: read it again and repeat your change");
      }
      announce({ case: "saved", value: next });
      return next;
    },
    async remove(tenantId, id) {
      if (!(await store.remove(tenantId, id))) throw new AppError("not_found", `no check ${JSON.stringify(id)}`);
      counts.delete(tenantId);
      announce({ case: "deleted", value: id });
    },
    async list(tenantId, filter) {
      const size = pageSize(filter.limit);
      const rows = await store.list(tenantId, { ...filter, cursor: idCursor(filter.cursor, "chk"), limit: size + 1 });
      const { items, nextCursor } = pageOf(rows, size, ({ id }) => id);
      return { items: items.map((check) => opened(check, vault)), nextCursor };
    },
    async *watch(signal) {
      // Subscribed before reading, so that nothing falls between the snapshot and the changes; a check may come twice.
      const later = changes.subscribe(signal);
      for await (const batch of store.all()) {
        for (const check of batch) yield create(CheckChangeSchema, { change: { case: "saved", value: opened(check, vault) } });
      }
      yield create(CheckChangeSchema, { change: { case: "synced", value: true } });
      yield* later;
    },
  };

  async function count(tenantId: string): Promise<number> {
    let total = 0;
    for (let cursor = ""; ; ) {
      const page = await store.list(tenantId, { limit: 1_000, cursor, search: "", type: "", tags: {} });
      total += page.length;
      if (page.length < 1_000) return total;
      cursor = page.at(-1)!.id;
    }
  }
}

function withStoredSecrets(document: JsonObject, stored: Check | undefined): { whole: JsonObject; fields: FieldError[] } {
  if (!isObject(document["target"])) return { whole: document, fields: [] };
  const { target, fields } = keepMasked(stored, document["type"], document["target"]);
  return { whole: { ...document, target }, fields };
}

function invalid(fields: FieldError[]): AppError {
  return new AppError("invalid_argument", `the check is not valid: ${fields.length === 1 ? fields[0]!.message : `${fields.length} problems`}`, { fields });
}
