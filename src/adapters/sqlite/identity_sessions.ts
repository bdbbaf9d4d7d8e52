import type { LiveSession, Rotation, Session, SessionStore } from "#ports/identity";
import type { Reader, SqliteStore } from "./connection.ts";
import { endSessions } from "./identity_members.ts";

const columns = `sessions.id AS id, sessions.tenant_id AS tenantId, sessions.user_id AS userId, version,
  sessions.created_at_ms AS createdAtMs, expires_at_ms AS expiresAtMs,
  device, ip, last_used_at_ms AS lastUsedAtMs`;

const liveSessions = `SELECT ${columns}, role FROM sessions
  JOIN users ON users.id = sessions.user_id AND users.session_version = version
  JOIN memberships ON memberships.tenant_id = sessions.tenant_id AND memberships.user_id = sessions.user_id
  WHERE ended_at_ms IS NULL AND expires_at_ms > $nowMs`;

const endOne = "UPDATE sessions SET ended_at_ms = $nowMs WHERE id = $id AND ended_at_ms IS NULL";

export function sessionStore(store: SqliteStore): SessionStore {
  return {
    open: (session, tokenHash) =>
      store.write((tx) => {
        tx.run(
          `INSERT INTO sessions (id, tenant_id, user_id, version, created_at_ms, expires_at_ms, device, ip, last_used_at_ms)
           VALUES ($id, $tenantId, $userId, $version, $createdAtMs, $expiresAtMs, $device, $ip, $lastUsedAtMs)`,
          { ...session },
        );
        tx.run("INSERT INTO refresh_tokens (hash, session_id) VALUES ($hash, $sessionId)", { hash: tokenHash, sessionId: session.id });
      }),

    rotate: ({ spent, next, nowMs, device, ip }) =>
      store.write((tx): Rotation => {
        const token = tx.get<Session & { spentAtMs: number | null }>(
          `SELECT ${columns}, spent_at_ms AS spentAtMs FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = $spent`,
          { spent },
        );
        if (!token) return { outcome: "refused" };
        const { spentAtMs, ...session } = token;
        if (spentAtMs !== null) {
          tx.run(endOne, { id: session.id, nowMs });
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
      store.get<Session>(`SELECT ${columns} FROM refresh_tokens JOIN sessions ON sessions.id = session_id WHERE hash = $tokenHash`, { tokenHash }),

    end: (id, nowMs) => store.write((tx) => void tx.run(endOne, { id, nowMs })),
    endAllOf: (tenantId, userId, nowMs) => store.write((tx) => endSessions(tx, tenantId, userId, nowMs)),
    endOthersOf: (userId, keptId, nowMs) =>
      store.write((tx) => tx.run("UPDATE sessions SET ended_at_ms = $nowMs WHERE user_id = $userId AND id <> $keptId AND ended_at_ms IS NULL AND expires_at_ms > $nowMs", { userId, keptId, nowMs })),
    dropExpired: (nowMs) => store.write((tx) => tx.run("DELETE FROM sessions WHERE expires_at_ms <= $nowMs", { nowMs })),
  };
}

function liveSession(reader: Reader, id: string, nowMs: number): LiveSession | undefined {
  return reader.get<LiveSession>(`${liveSessions} AND sessions.id = $id`, { id, nowMs });
}
