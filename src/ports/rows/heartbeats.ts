/** Heartbeats and their pings as both SQL adapters keep them. */
import type { HeartbeatState, StoredHeartbeat, StoredPing } from "../heartbeats.ts";

export interface HeartbeatRow {
  tenantId: string;
  checkId: string;
  hash: string;
  sealed: string;
  state: string;
}

/** The body is text in SQLite and bytes in PostgreSQL. */
export type PingRow<Body> = Omit<StoredPing, "exitCode" | "durationMs" | "body"> & { exitCode: number | null; durationMs: number | null; body: Body };

// The names are quoted, or PostgreSQL would give them in lower case.
export const heartbeatColumns = `tenant_id AS "tenantId", check_id AS "checkId", token_hash AS hash, token_sealed AS sealed, state`;

export const insertHeartbeat = `
  INSERT INTO heartbeats (check_id, tenant_id, token_hash, token_sealed, state) VALUES ($checkId, $tenantId, $hash, $sealed, $state)
  ON CONFLICT (check_id) DO NOTHING`;

export const replaceToken = "UPDATE heartbeats SET token_hash = $hash, token_sealed = $sealed WHERE check_id = $checkId AND tenant_id = $tenantId";

export const insertPing = `
  INSERT INTO heartbeat_pings (check_id, number, tenant_id, at, kind, exit_code, duration, run_id, source, user_agent, body)
  VALUES ($checkId, $number, $tenantId, $atMs, $kind, $exitCode, $durationMs, $runId, $source, $userAgent, $body)`;

export const listPings = `
  SELECT tenant_id AS "tenantId", check_id AS "checkId", number, at AS "atMs", kind, exit_code AS "exitCode", duration AS "durationMs",
    run_id AS "runId", source, user_agent AS "userAgent", body
  FROM heartbeat_pings WHERE check_id = $checkId AND tenant_id = $tenantId AND number < $before ORDER BY number DESC LIMIT $limit`;

export function heartbeatOf({ tenantId, checkId, hash, sealed, state }: HeartbeatRow): StoredHeartbeat {
  return { tenantId, checkId, token: { hash, sealed }, state: stateOf(JSON.parse(state) as HeartbeatState) };
}

/** JSON leaves out what is undefined. */
function stateOf({ lastEnd, failure, ...rest }: HeartbeatState): HeartbeatState {
  return { ...rest, lastEnd: lastEnd && { exitCode: lastEnd.exitCode, durationMs: lastEnd.durationMs, excerpt: lastEnd.excerpt }, failure };
}
