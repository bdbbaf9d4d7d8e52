import type { LiveSession, Rotation, Session, SessionStore } from "#ports/identity";
import { endOtherSessions, endSession, insertSession, liveSessions, sessionColumns } from "#ports/rows/identity";
import type { PostgresStore, Reader } from "./connection.ts";
import { endSessions } from "./identity_members.ts";

export function sessionStore(store: PostgresStore): SessionStore {
  return {
    open: (session, tokenHash) =>
      store.write(async (tx) => {
        await tx.run(insertSession, { ...session });
        await tx.run("INSERT INTO refresh_tokens (hash, session_id) VALUES ($hash, $sessionId)", { hash: tokenHash, sessionId: session.id });
      }),

    rotate: ({ spent, next, nowMs, device, ip }) =>
      store.write(async (tx): Promise<Rotation> => {
        const token = await tx.get<Session & { spentAtMs: number | null }>(
          `SELECT ${sessionColumns}, spent_at_ms AS "spentAtMs" FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = $spent
           FOR UPDATE OF refresh_tokens`,
          { spent },
        );
        if (!token) return { outcome: "refused" };
        const { spentAtMs, ...session } = token;
        if (spentAtMs !== null) {
          await tx.run(endSession, { id: session.id, nowMs });
          return { outcome: "reused", session };
        }
        const live = await liveSession(tx, session.id, nowMs);
        if (!live) return { outcome: "refused" };
        await tx.run("UPDATE refresh_tokens SET spent_at_ms = $nowMs WHERE hash = $spent", { spent, nowMs });
        await tx.run("INSERT INTO refresh_tokens (hash, session_id) VALUES ($next, $id)", { next, id: session.id });
        const used = { device: device || live.device, ip: ip || live.ip, lastUsedAtMs: nowMs };
        await tx.run("UPDATE sessions SET device = $device, ip = $ip, last_used_at_ms = $lastUsedAtMs WHERE id = $id", { ...used, id: session.id });
        return { outcome: "rotated", session: { ...live, ...used } };
      }),

    live: (sessionId, nowMs) => liveSession(store, sessionId, nowMs),

    liveOf: (userId, nowMs) =>
      store.all<LiveSession>(`${liveSessions} AND sessions.user_id = $userId ORDER BY last_used_at_ms DESC, sessions.id DESC`, { userId, nowMs }),

    byToken: (tokenHash) =>
      store.get<Session>(`SELECT ${sessionColumns} FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = $tokenHash`, { tokenHash }),

    async end(id, nowMs) {
      await store.run(endSession, { id, nowMs });
    },
    endAllOf: (tenantId, userId, nowMs) => store.write((tx) => endSessions(tx, tenantId, userId, nowMs)),
    endOthersOf: (userId, keptId, nowMs) => store.run(endOtherSessions, { userId, keptId, nowMs }),
    dropExpired: (nowMs) => store.run("DELETE FROM sessions WHERE expires_at_ms <= $nowMs", { nowMs }),
  };
}

function liveSession(reader: Reader, id: string, nowMs: number): Promise<LiveSession | undefined> {
  return reader.get<LiveSession>(`${liveSessions} AND sessions.id = $id`, { id, nowMs });
}
