import type { LiveSession, Rotation, Session, SessionStore } from "#ports/identity";
import { endOtherSessions, endSession, insertSession, liveSessions, sessionColumns } from "#ports/rows/identity";
import type { Reader, SqliteStore } from "./connection.ts";
import { endSessions } from "./identity_members.ts";

export function sessionStore(store: SqliteStore): SessionStore {
  return {
    open: (session, tokenHash) =>
      store.write((tx) => {
        tx.run(insertSession, { ...session });
        tx.run("INSERT INTO refresh_tokens (hash, session_id) VALUES ($hash, $sessionId)", { hash: tokenHash, sessionId: session.id });
      }),

    rotate: ({ spent, next, nowMs, device, ip }) =>
      store.write((tx): Rotation => {
        const token = tx.get<Session & { spentAtMs: number | null }>(
          `SELECT ${sessionColumns}, spent_at_ms AS spentAtMs FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = $spent`,
          { spent },
        );
        if (!token) return { outcome: "refused" };
        const { spentAtMs, ...session } = token;
        if (spentAtMs !== null) {
          tx.run(endSession, { id: session.id, nowMs });
          return { outcome: "reused", session };
        }
        const live = liveSession(tx, session.id, nowMs);
        if (!live) return { outcome: "refused" };
        tx.run("UPDATE refresh_tokens SET spent_at_ms = $nowMs WHERE hash = $spent", { spent, nowMs });
        tx.run("INSERT INTO refresh_tokens (hash, session_id) VALUES ($next, $id)", { next, id: session.id });
        const used = { device: device || live.device, ip: ip || live.ip, lastUsedAtMs: nowMs };
        tx.run("UPDATE sessions SET device = $device, ip = $ip, last_used_at_ms = $lastUsedAtMs WHERE id = $id", { ...used, id: session.id });
        return { outcome: "rotated", session: { ...live, ...used } };
      }),

    live: async (sessionId, nowMs) => liveSession(store, sessionId, nowMs),

    liveOf: async (userId, nowMs) =>
      store.all<LiveSession>(`${liveSessions} AND sessions.user_id = $userId ORDER BY last_used_at_ms DESC, sessions.id DESC`, { userId, nowMs }),

    byToken: async (tokenHash) =>
      store.get<Session>(`SELECT ${sessionColumns} FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = $tokenHash`, { tokenHash }),

    end: (id, nowMs) => store.write((tx) => void tx.run(endSession, { id, nowMs })),
    endAllOf: (tenantId, userId, nowMs) => store.write((tx) => endSessions(tx, tenantId, userId, nowMs)),
    endOthersOf: (userId, keptId, nowMs) => store.write((tx) => tx.run(endOtherSessions, { userId, keptId, nowMs })),
    dropExpired: (nowMs) => store.write((tx) => tx.run("DELETE FROM sessions WHERE expires_at_ms <= $nowMs", { nowMs })),
  };
}

function liveSession(reader: Reader, id: string, nowMs: number): LiveSession | undefined {
  return reader.get<LiveSession>(`${liveSessions} AND sessions.id = $id`, { id, nowMs });
}
