/**
 * A session is a family of refresh tokens. Each is good for one use and gives an access token and its own child.
 * open → rotated … → ended (signed out, password or role changed, member removed, token reused) or expired.
 * A spent token that comes again means that two parties hold the family: it ends for both.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Call } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import type { IdentityStore, LiveSession, Tenant, User } from "#ports/identity";
import { deviceOf } from "./device.ts";
import type { AccessTokens } from "./access_tokens.ts";
import { createFreshCache } from "./fresh_cache.ts";
import type { Trail } from "./trail.ts";

// How long another process may go on believing in a session that this one ended. The promise is one second.
const believedMs = 500;
const cachedSessions = 10_000;

export interface OpenedSession {
  accessToken: string;
  refreshToken: string;
  expiresInS: number;
  user: User;
  tenant: Tenant;
  role: LiveSession["role"];
}

export interface SessionHome {
  user: User;
  tenant: Tenant;
  role: LiveSession["role"];
}

export interface Sessions {
  open(home: SessionHome, device: string, call: Call): Promise<OpenedSession>;
  refresh(refreshToken: string, device: string, call: Call): Promise<OpenedSession>;
  /** The caller's own that still count, in every tenant, newest use first. */
  own(call: Call): Promise<LiveSession[]>;
  /** Ends one of the caller's own; `not_found` when it is none of them. */
  endOwn(sessionId: string, call: Call): Promise<void>;
  /** Ends all of the caller's own but one; gives how many. */
  endOthers(keptId: string, call: Call): Promise<number>;
  /** Ends the family of the token, else the given session of the caller, else all of the caller's in the tenant. */
  end(refreshToken: string, sessionId: string, call: Call): Promise<void>;
  /** The session behind an access token, with the role its user has now. */
  validate(accessToken: string): Promise<LiveSession & { accessExpiresAtMs: number }>;
  /** To be called after members or passwords changed, so that it counts at once. */
  forget(): void;
  dropExpired(): Promise<number>;
}

export interface SessionDeps {
  identity: IdentityStore;
  tokens: AccessTokens;
  trail: Trail;
  clock: Clock;
  ids: Ids;
  accessTokenTtlMs: number;
  refreshTokenTtlMs: number;
}

export function createSessions(deps: SessionDeps): Sessions {
  const { identity, tokens, trail, clock, ids } = deps;
  const believed = createFreshCache<LiveSession>({ clock, freshMs: believedMs, capacity: cachedSessions });

  const answer = async (session: LiveSession, refreshToken: string, user: User, tenant: Tenant): Promise<OpenedSession> => {
    const { id, userId, tenantId, role, version } = session;
    const expiresAtMs = Math.min(clock.now() + deps.accessTokenTtlMs, session.expiresAtMs);
    const accessToken = await tokens.sign({ userId, tenantId, role, sessionId: id, sessionVersion: version, expiresAtMs });
    return { accessToken, refreshToken, expiresInS: Math.floor((expiresAtMs - clock.now()) / 1000), user, tenant, role };
  };

  const live = async (sessionId: string): Promise<LiveSession | undefined> => {
    const known = believed.get(sessionId);
    if (known !== undefined && known.expiresAtMs > clock.now()) return known;
    const session = await identity.sessions.live(sessionId, clock.now());
    if (session !== undefined) believed.set(sessionId, session);
    return session;
  };

  return {
    async open({ user, tenant, role }, device, call) {
      const nowMs = Math.floor(clock.now());
      const session: LiveSession = {
        id: ids.next("ses"),
        tenantId: tenant.id,
        userId: user.id,
        version: user.sessionVersion,
        createdAtMs: nowMs,
        expiresAtMs: nowMs + deps.refreshTokenTtlMs,
        device: deviceOf(device),
        ip: call.actor.ip,
        lastUsedAtMs: nowMs,
        role,
      };
      const refreshToken = newRefreshToken();
      const { role: _live, ...stored } = session;
      await identity.sessions.open(stored, hashOf(refreshToken));
      return answer(session, refreshToken, user, tenant);
    },

    async refresh(refreshToken, device, call) {
      const next = newRefreshToken();
      const rotation = await identity.sessions.rotate({ spent: hashOf(refreshToken), next: hashOf(next), nowMs: Math.floor(clock.now()), device: deviceOf(device), ip: call.actor.ip });
      if (rotation.outcome === "reused") {
        const { id, userId, tenantId } = rotation.session;
        believed.delete(id);
        await trail.record(call, { action: "auth.refresh_reuse", subject: id, outcome: "denied", actor: { type: "user", id: userId }, tenantId });
      }
      if (rotation.outcome !== "rotated") throw signInAgain();
      const { session } = rotation;
      const user = await identity.accounts.byId(session.userId);
      const home = (await identity.accounts.tenantsOf(session.userId)).find(({ tenant }) => tenant.id === session.tenantId);
      if (!user || !home) throw signInAgain();
      return answer(session, next, user, home.tenant);
    },

    async end(refreshToken, sessionId, call) {
      const { tenantId, actor } = call;
      const nowMs = Math.floor(clock.now());
      // Holding the token is proof enough; without one it must be a session of the caller's own.
      const session = refreshToken === "" ? await identity.sessions.live(sessionId, nowMs) : await identity.sessions.byToken(hashOf(refreshToken));
      if (session !== undefined && (refreshToken !== "" || session.userId === actor.id)) {
        await identity.sessions.end(session.id, nowMs);
        believed.delete(session.id);
        await trail.record(call, {
          action: "auth.logout",
          subject: session.id,
          outcome: "ok",
          actor: { type: "user", id: session.userId },
          tenantId: session.tenantId,
        });
      } else if (refreshToken === "" && sessionId === "" && actor.type === "user") {
        await identity.sessions.endAllOf(tenantId, actor.id, nowMs);
        believed.clear();
        await trail.record(call, { action: "auth.logout", subject: actor.id, outcome: "ok" });
      }
    },

    own: (call) => identity.sessions.liveOf(ownId(call), Math.floor(clock.now())),

    async endOwn(sessionId, call) {
      const userId = ownId(call);
      const session = await identity.sessions.live(sessionId, Math.floor(clock.now()));
      if (session?.userId !== userId) throw new AppError("not_found", `session ${JSON.stringify(sessionId.slice(0, 60))}: none of yours that is still open`);
      await identity.sessions.end(sessionId, Math.floor(clock.now()));
      believed.delete(sessionId);
      await trail.record(call, { action: "auth.session_end", subject: sessionId, outcome: "ok" });
    },

    async endOthers(keptId, call) {
      const ended = await identity.sessions.endOthersOf(ownId(call), keptId, Math.floor(clock.now()));
      believed.clear();
      await trail.record(call, { action: "auth.session_end", subject: "others", outcome: "ok", detail: { ended } });
      return ended;
    },

    async validate(accessToken) {
      const claims = await tokens.verify(accessToken);
      const session = await live(claims.sessionId);
      const same =
        session?.userId === claims.userId &&
        session.tenantId === claims.tenantId &&
        session.version === claims.sessionVersion &&
        session.role === claims.role;
      if (!session || !same) throw new AppError("unauthenticated", "access token refused: its session has ended");
      return { ...session, accessExpiresAtMs: claims.expiresAtMs };
    },

    forget: () => believed.clear(),
    dropExpired: () => identity.sessions.dropExpired(Math.floor(clock.now())),
  };
}

/** A key has no sessions, and must not read or end those of its maker. */
function ownId({ actor }: Call): string {
  if (actor.type !== "user") throw new AppError("forbidden", "sessions belong to users: sign in with a password");
  return actor.id;
}

function newRefreshToken(): string {
  return `upr_${randomBytes(32).toString("base64url")}`;
}

function hashOf(refreshToken: string): string {
  return createHash("sha256").update(refreshToken).digest("hex");
}

function signInAgain(): AppError {
  return new AppError("unauthenticated", "refresh token refused: sign in again");
}
