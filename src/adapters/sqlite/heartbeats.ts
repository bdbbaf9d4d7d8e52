import type { HeartbeatState, HeartbeatStore, StoredHeartbeat, StoredPing } from "#ports/heartbeats";
import type { Reader, SqliteStore } from "./connection.ts";

interface Row {
  tenantId: string;
  checkId: string;
  hash: string;
  sealed: string;
  state: string;
}

type PingRow = Omit<StoredPing, "exitCode" | "durationMs"> & { exitCode: number | null; durationMs: number | null };

const columns = "tenant_id AS tenantId, check_id AS checkId, token_hash AS hash, token_sealed AS sealed, state";

export function createSqliteHeartbeatStore(store: SqliteStore): HeartbeatStore {
  const find = (reader: Reader, checkId: string) => reader.get<Row>(`SELECT ${columns} FROM heartbeats WHERE check_id = ?`, [checkId]);
  return {
    all: () => Promise.resolve(store.all<Row>(`SELECT ${columns} FROM heartbeats`).map(heartbeatOf)),
    create: ({ tenantId, checkId, token, state }) =>
      store.write((tx) => {
        tx.run(
          `INSERT INTO heartbeats (check_id, tenant_id, token_hash, token_sealed, state) VALUES ($checkId, $tenantId, $hash, $sealed, $state)
           ON CONFLICT (check_id) DO NOTHING`,
          { checkId, tenantId, ...token, state: JSON.stringify(state) },
        );
        return heartbeatOf(find(tx, checkId)!);
      }),
    async replaceToken(tenantId, checkId, token) {
      const changed = await store.write((tx) =>
        tx.run("UPDATE heartbeats SET token_hash = $hash, token_sealed = $sealed WHERE check_id = $checkId AND tenant_id = $tenantId", { checkId, tenantId, ...token }),
      );
      return changed === 1;
    },
    record: (ping, state, keep) =>
      store.write((tx) => {
        tx.run(
          `INSERT INTO heartbeat_pings (check_id, number, tenant_id, at, kind, exit_code, duration, run_id, source, user_agent, body)
           VALUES ($checkId, $number, $tenantId, $atMs, $kind, $exitCode, $durationMs, $runId, $source, $userAgent, $body)`,
          { ...ping, exitCode: ping.exitCode ?? null, durationMs: ping.durationMs ?? null },
        );
        tx.run("DELETE FROM heartbeat_pings WHERE check_id = ? AND number <= ?", [ping.checkId, ping.number - keep]);
        tx.run("UPDATE heartbeats SET state = ? WHERE check_id = ? AND tenant_id = ?", [JSON.stringify(state), ping.checkId, ping.tenantId]);
      }),
    pings(tenantId, checkId, { limit, before }) {
      const rows = store.all<PingRow>(
        `SELECT tenant_id AS tenantId, check_id AS checkId, number, at AS atMs, kind, exit_code AS exitCode, duration AS durationMs,
           run_id AS runId, source, user_agent AS userAgent, body
         FROM heartbeat_pings WHERE check_id = ? AND tenant_id = ? AND number < ? ORDER BY number DESC LIMIT ?`,
        [checkId, tenantId, before, limit],
      );
      return Promise.resolve(rows.map((row) => ({ ...row, exitCode: row.exitCode ?? undefined, durationMs: row.durationMs ?? undefined })));
    },
    forget: (tenantId, checkId) =>
      store.write((tx) => {
        tx.run("DELETE FROM heartbeat_pings WHERE check_id = ? AND tenant_id = ?", [checkId, tenantId]);
        tx.run("DELETE FROM heartbeats WHERE check_id = ? AND tenant_id = ?", [checkId, tenantId]);
      }),
  };
}

function heartbeatOf({ tenantId, checkId, hash, sealed, state }: Row): StoredHeartbeat {
  return { tenantId, checkId, token: { hash, sealed }, state: stateOf(JSON.parse(state) as HeartbeatState) };
}

/** JSON leaves out what is undefined. */
function stateOf({ lastEnd, failure, ...rest }: HeartbeatState): HeartbeatState {
  return { ...rest, lastEnd: lastEnd && { exitCode: lastEnd.exitCode, durationMs: lastEnd.durationMs, excerpt: lastEnd.excerpt }, failure };
}
