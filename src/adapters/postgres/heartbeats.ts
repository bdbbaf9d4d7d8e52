import type { HeartbeatStore } from "#ports/heartbeats";
import { heartbeatColumns, heartbeatOf, type HeartbeatRow, insertHeartbeat, insertPing, listPings, type PingRow, replaceToken } from "#ports/rows/heartbeats";
import type { PostgresStore, Reader } from "./connection.ts";
import { withoutNul } from "./nul.ts";

export function createPostgresHeartbeatStore(store: PostgresStore): HeartbeatStore {
  const find = (reader: Reader, checkId: string) => reader.get<HeartbeatRow>(`SELECT ${heartbeatColumns} FROM heartbeats WHERE check_id = $1`, [checkId]);
  return {
    all: async () => (await store.all<HeartbeatRow>(`SELECT ${heartbeatColumns} FROM heartbeats`)).map(heartbeatOf),
    create: ({ tenantId, checkId, token, state }) =>
      store.write(async (tx) => {
        await tx.run(insertHeartbeat, { checkId, tenantId, ...token, state: JSON.stringify(state) });
        return heartbeatOf((await find(tx, checkId))!);
      }),
    async replaceToken(tenantId, checkId, token) {
      return (await store.run(replaceToken, { checkId, tenantId, ...token })) === 1;
    },
    record: (ping, state, keep) =>
      store.write(async (tx) => {
        await tx.run(insertPing, { ...withoutNul(ping), exitCode: ping.exitCode ?? null, durationMs: ping.durationMs ?? null, body: new TextEncoder().encode(ping.body) });
        await tx.run("DELETE FROM heartbeat_pings WHERE check_id = $1 AND number <= $2", [ping.checkId, ping.number - keep]);
        await tx.run("UPDATE heartbeats SET state = $1 WHERE check_id = $2 AND tenant_id = $3", [JSON.stringify(state), ping.checkId, ping.tenantId]);
      }),
    async pings(tenantId, checkId, { limit, before }) {
      const rows = await store.all<PingRow<Uint8Array>>(listPings, { checkId, tenantId, before, limit });
      return rows.map((row) => ({ ...row, exitCode: row.exitCode ?? undefined, durationMs: row.durationMs ?? undefined, body: new TextDecoder().decode(row.body) }));
    },
    forget: (tenantId, checkId) =>
      store.write(async (tx) => {
        await tx.run("DELETE FROM heartbeat_pings WHERE check_id = $1 AND tenant_id = $2", [checkId, tenantId]);
        await tx.run("DELETE FROM heartbeats WHERE check_id = $1 AND tenant_id = $2", [checkId, tenantId]);
      }),
  };
}
