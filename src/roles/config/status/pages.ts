/** The status pages of a tenant: validated as a whole, versioned; a password is kept as its hash alone. */
import { create, type JsonObject } from "@bufbuild/protobuf";
import { StatusPageSchema, type StatusPage } from "#contracts/uptimeping/config/v1/config_pb";
import type { Clock } from "#kernel/clock";
import { AppError, type FieldError, pointerOf } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import { mergePatch } from "#kernel/merge_patch";
import { idCursor, type Page, pageOf, pageSize } from "#kernel/page";
import type { CheckStore } from "#ports/checks";
import { hashPagePassword } from "#ports/page_password";
import { type PageDocument, parsePage } from "#ports/status_page_document";
import type { StatusPageStore, StoredPage } from "#ports/status_pages";

export interface StatusPages {
  create(tenantId: string, document: JsonObject): Promise<StatusPage>;
  get(tenantId: string, id: string): Promise<StatusPage>;
  update(tenantId: string, id: string, change: { patch: JsonObject; version: number }): Promise<StatusPage>;
  remove(tenantId: string, id: string): Promise<void>;
  list(tenantId: string, limit: number, cursor: string): Promise<Page<StatusPage>>;
  /** Validated, not stored; `id` is the page that it would become, "" for a new one. */
  draft(tenantId: string, document: JsonObject, id: string): Promise<PageDocument>;
}

export interface StatusPageParts {
  pages: StatusPageStore;
  checks: CheckStore;
  clock: Clock;
  ids: Ids;
  /** Called after whatever the public may see has changed. */
  changed: () => void;
}

const mostPages = 200;

export function createStatusPages({ pages, checks, clock, ids, changed }: StatusPageParts): StatusPages {
  const stored = async (tenantId: string, id: string) => {
    const page = await pages.find(tenantId, id);
    if (!page) throw noPage(id);
    return page;
  };

  const parse = async (tenantId: string, given: JsonObject, before?: StoredPage) => {
    const { password, ...document } = given;
    const parsed = parsePage(document);
    const fields = [...(parsed.ok ? [] : parsed.fields), ...passwordProblems(password)];
    if (parsed.ok) fields.push(...(await unknownChecks(tenantId, parsed.value, before)), ...(await taken(parsed.value, before?.id ?? "")));
    if (!parsed.ok || fields.length > 0) throw invalid(fields);
    return parsed.value;
  };

  /** One that was there before may be gone since; it is just not shown. */
  const unknownChecks = async (tenantId: string, { groups }: PageDocument, before?: StoredPage): Promise<FieldError[]> => {
    const known = new Set(before ? documentOf(before).groups.flatMap((group) => group.checks) : []);
    const fields: FieldError[] = [];
    for (const [index, group] of groups.entries()) {
      for (const [at, id] of group.checks.entries()) {
        if (!known.has(id) && !(await checks.find(tenantId, id))) fields.push({ pointer: pointerOf(["groups", index, "checks", at]), message: `no check ${JSON.stringify(id)}` });
      }
    }
    return fields;
  };

  const taken = async ({ slug, domain }: PageDocument, id: string): Promise<FieldError[]> => {
    const [bySlug, byDomain] = [await pages.findBySlug(slug), domain === "" ? undefined : await pages.findByDomain(domain)];
    return [
      ...(bySlug && bySlug.id !== id ? [{ pointer: "/slug", message: `"${slug}" is taken: choose another` }] : []),
      ...(byDomain && byDomain.id !== id ? [{ pointer: "/domain", message: `"${domain}" is taken by another page` }] : []),
    ];
  };

  return {
    draft: async (tenantId, document, id) => parse(tenantId, document, id === "" ? undefined : await stored(tenantId, id)),
    async create(tenantId, given) {
      if ((await pages.list(tenantId, "", mostPages)).length >= mostPages) throw new AppError("failed_precondition", `this tenant already has ${mostPages} status pages: delete one first`);
      const document = await parse(tenantId, given);
      const now = clock.now();
      const page = { id: ids.next("stp"), tenantId, ...columnsOf(document), passwordHash: await hashOf(given["password"], ""), version: 1, createdAtMs: now, updatedAtMs: now };
      if (!(await pages.insert(page))) throw new AppError("already_exists", "somebody else took the slug or the domain at the same moment: choose another");
      changed();
      return messageOfPage(page);
    },
    get: async (tenantId, id) => messageOfPage(await stored(tenantId, id)),
    async update(tenantId, id, { patch, version }) {
      const before = await stored(tenantId, id);
      if (version !== before.version) throw conflict(`the page is at version ${before.version}, you saw ${version}`);
      const { password, ...rest } = patch;
      const merged = mergePatch({ ...documentOf(before) }, rest);
      const document = await parse(tenantId, { ...merged, ...(password !== undefined && { password }) }, before);
      const page = { ...before, ...columnsOf(document), passwordHash: await hashOf(password, before.passwordHash), version: version + 1, updatedAtMs: clock.now() };
      if (!(await pages.replace(page, version))) throw conflict("somebody else changed the page at the same moment");
      changed();
      return messageOfPage(page);
    },
    async remove(tenantId, id) {
      if (!(await pages.remove(tenantId, id))) throw noPage(id);
      changed();
    },
    async list(tenantId, limit, cursor) {
      const size = pageSize(limit);
      const rows = await pages.list(tenantId, idCursor(cursor, "stp"), size + 1);
      const { items, nextCursor } = pageOf(rows, size, ({ id }) => id);
      return { items: items.map(messageOfPage), nextCursor };
    },
  };
}

export function documentOf(page: StoredPage): PageDocument {
  const parsed = parsePage(JSON.parse(page.document));
  if (!parsed.ok) throw new AppError("internal", `the stored status page ${page.id} cannot be read: ${parsed.fields[0]?.pointer} ${parsed.fields[0]?.message}`);
  return parsed.value;
}

export function messageOfPage(page: StoredPage): StatusPage {
  const { id, tenantId, version, createdAtMs, updatedAtMs, passwordHash } = page;
  return create(StatusPageSchema, { id, tenantId, page: documentOf(page) as unknown as JsonObject, protected: passwordHash !== "", version, createdAtMs, updatedAtMs });
}

export function noPage(id: string): AppError {
  return new AppError("not_found", `no status page ${JSON.stringify(id.slice(0, 80))}`);
}

export function conflict(what: string): AppError {
  return new AppError("version_conflict", `${what}: read it again and repeat your change`);
}

export function invalid(fields: FieldError[], what = "status page"): AppError {
  return new AppError("invalid_argument", `the ${what} is not valid: ${fields.length === 1 ? `${fields[0]!.pointer} ${fields[0]!.message}` : `${fields.length} problems`}`, { fields });
}

function columnsOf(document: PageDocument) {
  const { slug, domain, published } = document;
  return { slug, domain, published, document: JSON.stringify(document) };
}

function passwordProblems(password: unknown): FieldError[] {
  if (password === undefined || password === null) return [];
  const isRight = typeof password === "string" && password.length >= 6 && password.length <= 200;
  return isRight ? [] : [{ pointer: "/password", message: "must be 6 to 200 characters, or null for none" }];
}

/** Undefined leaves it as it is, null takes it away. */
async function hashOf(password: unknown, before: string): Promise<string> {
  if (password === undefined) return before;
  return typeof password === "string" ? hashPagePassword(password) : "";
}
