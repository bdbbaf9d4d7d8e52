import type { HeartbeatStore } from "#ports/heartbeats";
import { heartbeatColumns, heartbeatOf, type HeartbeatRow, insertHeartbeat, insertPing, listPings, type PingRow, replaceToken } from "#ports/rows/heartbeats";
import type { Reader, SqliteStore } from "./connection.ts";

export function createSqliteHeartbeatStore(store: SqliteStore): HeartbeatStore {
  const find = (reader: Reader, checkId: string) => reader.get<HeartbeatRow>(`SELECT ${heartbeatColumns} FROM heartbeats WHERE check_id = ?`, [checkId]);
  return {
    all: () => Promise.resolve(store.all<HeartbeatRow>(`SELECT ${heartbeatColumns} FROM heartbeats`).map(heartbeatOf)),
    create: ({ tenantId, checkId, token, state }) =>
      store.write((tx) => {
        tx.run(insertHeartbeat, { checkId, tenantId, ...token, state: JSON.stringify(state) });
        return heartbeatOf(find(tx, checkId)!);
      }),
    async replaceToken(tenantId, checkId, token) {
      return (await store.write((tx) => tx.run(replaceToken, { checkId, tenantId, ...token }))) === 1;
    },
    record: (ping, state, keep) =>
      store.write((tx) => {
        tx.run(insertPing, { ...ping, exitCode: ping.exitCode ?? null, durationMs: ping.durationMs ?? null });
        tx.run("DELETE FROM heartbeat_pings WHERE check_id = ? AND number <= ?", [ping.checkId, ping.number - keep]);
        tx.run("UPDATE heartbeats SET state = ? WHERE check_id = ? AND tenant_id = ?", [JSON.stringify(state), ping.checkId, ping.tenantId]);
      }),
    pings(tenantId, checkId, { limit, before }) {
      const rows = store.all<PingRow<string>>(listPings, { checkId, tenantId, before, limit });
      return Promise.resolve(rows.map((row) => ({ ...row, exitCode: row.exitCode ?? undefined, durationMs: row.durationMs ?? undefined })));
    },
    forget: (tenantId, checkId) =>
      store.write((tx) => {
        tx.run("DELETE FROM heartbeat_pings WHERE check_id = ? AND tenant_id = ?", [checkId, tenantId]);
        tx.run("DELETE FROM heartbeats WHERE check_id = ? AND tenant_id = ?", [checkId, tenantId]);
      }),
  };
}
