/**
 * API keys act for a tenant with a role of their own, which is never more than what their maker has now:
 * demoting somebody demotes their keys, removing them deletes the keys.
 */
import { timingSafeEqual } from "node:crypto";
import { type Call, hasRole, type MemberRole, tenantOf } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import type { ApiKey, KeyStore } from "#ports/identity";
import { hashOfKey, newApiKeyText, prefixOf } from "./api_key_text.ts";
import { createFreshCache } from "./fresh_cache.ts";
import { checked } from "./input.ts";
import { lowerOf } from "./member_roles.ts";
import type { Trail } from "./trail.ts";

const believedMs = 500;
const cachedKeys = 10_000;
const minuteMs = 60_000;

export interface NewApiKey {
  name: string;
  role: string;
  scopes: string[];
  expiresAtMs: number;
}

export interface ApiKeys {
  create(wanted: NewApiKey, call: Call): Promise<{ key: ApiKey; text: string }>;
  /** Admins see all keys of the tenant, others their own. */
  list(call: Call): Promise<ApiKey[]>;
  revoke(id: string, call: Call): Promise<void>;
  /** The key and what it may do now. */
  validate(text: string): Promise<{ key: ApiKey; role: MemberRole }>;
  /** To be called after members changed. */
  forget(): void;
  /** Writes the times of last use down. They are kept to the minute and written late: a key in use costs no write a call. */
  flushUses(): Promise<void>;
}

type Found = { key: ApiKey; makerRole: MemberRole };

export function createApiKeys(deps: { keys: KeyStore; trail: Trail; clock: Clock; ids: Ids }): ApiKeys {
  const { keys, trail, clock, ids } = deps;
  const believed = createFreshCache<Found>({ clock, freshMs: believedMs, capacity: cachedKeys });
  const uses = new Map<string, { tenantId: string; id: string; atMs: number }>();

  const mine = (key: ApiKey, { actor }: Call) => hasRole(actor, "admin") || (actor.type === "user" && key.createdBy === actor.id);

  const noteUse = (key: ApiKey) => {
    const atMs = Math.floor(clock.now() / minuteMs) * minuteMs;
    if (key.lastUsedAtMs < atMs) uses.set(key.id, { tenantId: key.tenantId, id: key.id, atMs });
  };

  return {
    async create(wanted, call) {
      const tenantId = tenantOf(call);
      const { actor } = call;
      const nowMs = Math.floor(clock.now());
      const input = checked("API key refused", (from) => ({
        name: from.requiredName(wanted.name),
        role: from.role(wanted.role, actor.role === "none" ? undefined : actor.role),
        scopes: from.scopes(wanted.scopes),
        expiresAtMs: from.expiry(wanted.expiresAtMs, nowMs),
      }));
      const { text, prefix } = newApiKeyText();
      const base = { id: ids.next("key"), tenantId, createdBy: actor.id, prefix, hash: hashOfKey(text), createdAtMs: nowMs, lastUsedAtMs: 0 };
      const key: ApiKey = { ...base, ...input };
      return trail.around(call, { action: "api_key.create", subject: key.id, detail: { name: key.name, role: key.role, scopes: key.scopes } }, async () => {
        if (actor.type !== "user") throw new AppError("forbidden", "API keys are made by users: sign in with a password");
        if (!hasRole(actor, key.role)) {
          throw new AppError("forbidden", `an API key cannot have the role "${key.role}": yours is "${actor.role}"`);
        }
        await keys.add(key);
        return { key, text };
      });
    },

    async list(call) {
      const all = await keys.list(tenantOf(call));
      return all.filter((key) => mine(key, call));
    },

    async revoke(id, call) {
      const tenantId = tenantOf(call);
      const key = await keys.find(tenantId, id);
      if (!key || !mine(key, call)) throw noSuchKey(id);
      await trail.around(call, { action: "api_key.revoke", subject: id, detail: { name: key.name } }, async () => {
        if (!(await keys.revoke(tenantId, id))) throw noSuchKey(id);
        believed.delete(key.prefix);
      });
    },

    async validate(text) {
      const prefix = prefixOf(text);
      if (prefix === undefined) throw refused("it is not a whole key");
      let found = believed.get(prefix);
      if (found === undefined) {
        found = await keys.byPrefix(prefix);
        if (found !== undefined) believed.set(prefix, found);
      }
      if (!found || !timingSafeEqual(Buffer.from(hashOfKey(text)), Buffer.from(found.key.hash))) throw refused("it is unknown or was revoked");
      const { key, makerRole } = found;
      if (key.expiresAtMs !== 0 && key.expiresAtMs <= clock.now()) throw refused("it has expired");
      noteUse(key);
      return { key, role: lowerOf(key.role, makerRole) };
    },

    forget: () => believed.clear(),

    async flushUses() {
      const batch = [...uses.values()];
      uses.clear();
      if (batch.length > 0) await keys.touch(batch);
    },
  };
}

function noSuchKey(id: string): AppError {
  return new AppError("not_found", `API key ${JSON.stringify(id.slice(0, 60))}: not found`);
}

function refused(why: string): AppError {
  return new AppError("unauthenticated", `API key refused: ${why}`);
}
