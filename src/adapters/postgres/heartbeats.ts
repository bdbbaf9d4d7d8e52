import type { HeartbeatState, HeartbeatStore, StoredHeartbeat, StoredPing } from "#ports/heartbeats";
import type { PostgresStore, Reader } from "./connection.ts";
import { withoutNul } from "./nul.ts";

interface Row {
  tenantId: string;
  checkId: string;
  hash: string;
  sealed: string;
  state: string;
}

type PingRow = Omit<StoredPing, "exitCode" | "durationMs" | "body"> & { exitCode: number | null; durationMs: number | null; body: Uint8Array };

const columns = `tenant_id AS "tenantId", check_id AS "checkId", token_hash AS hash, token_sealed AS sealed, state`;

export function createPostgresHeartbeatStore(store: PostgresStore): HeartbeatStore {
  const find = (reader: Reader, checkId: string) => reader.get<Row>(`SELECT ${columns} FROM heartbeats WHERE check_id = $1`, [checkId]);
  return {
    all: async () => (await store.all<Row>(`SELECT ${columns} FROM heartbeats`)).map(heartbeatOf),
    create: ({ tenantId, checkId, token, state }) =>
      store.write(async (tx) => {
        await tx.run(
          `INSERT INTO heartbeats (check_id, tenant_id, token_hash, token_sealed, state) VALUES ($checkId, $tenantId, $hash, $sealed, $state)
           ON CONFLICT (check_id) DO NOTHING`,
          { checkId, tenantId, ...token, state: JSON.stringify(state) },
        );
        return heartbeatOf((await find(tx, checkId))!);
      }),
    async replaceToken(tenantId, checkId, token) {
      const changed = await store.run("UPDATE heartbeats SET token_hash = $hash, token_sealed = $sealed WHERE check_id = $checkId AND tenant_id = $tenantId", {
        checkId,
        tenantId,
        ...token,
      });
      return changed === 1;
    },
    record: (ping, state, keep) =>
      store.write(async (tx) => {
        await tx.run(
          `INSERT INTO heartbeat_pings (check_id, number, tenant_id, at, kind, exit_code, duration, run_id, source, user_agent, body)
           VALUES ($checkId, $number, $tenantId, $atMs, $kind, $exitCode, $durationMs, $runId, $source, $userAgent, $body)`,
          { ...withoutNul(ping), exitCode: ping.exitCode ?? null, durationMs: ping.durationMs ?? null, body: new TextEncoder().encode(ping.body) },
        );
        await tx.run("DELETE FROM heartbeat_pings WHERE check_id = $1 AND number <= $2", [ping.checkId, ping.number - keep]);
        await tx.run("UPDATE heartbeats SET state = $1 WHERE check_id = $2 AND tenant_id = $3", [JSON.stringify(state), ping.checkId, ping.tenantId]);
      }),
    async pings(tenantId, checkId, { limit, before }) {
      const rows = await store.all<PingRow>(
        `SELECT tenant_id AS "tenantId", check_id AS "checkId", number, at AS "atMs", kind, exit_code AS "exitCode", duration AS "durationMs",
           run_id AS "runId", source, user_agent AS "userAgent", body
         FROM heartbeat_pings WHERE check_id = $1 AND tenant_id = $2 AND number < $3 ORDER BY number DESC LIMIT $4`,
        [checkId, tenantId, before, limit],
      );
      return rows.map((row) => ({ ...row, exitCode: row.exitCode ?? undefined, durationMs: row.durationMs ?? undefined, body: new TextDecoder().decode(row.body) }));
    },
    forget: (tenantId, checkId) =>
      store.write(async (tx) => {
        await tx.run("DELETE FROM heartbeat_pings WHERE check_id = $1 AND tenant_id = $2", [checkId, tenantId]);
        await tx.run("DELETE FROM heartbeats WHERE check_id = $1 AND tenant_id = $2", [checkId, tenantId]);
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
