/** What the jobs of heartbeat checks reported: where each of them stands, and its newest pings. */

/** `exit` carries the code with which the job ended. */
export const pingKinds = ["start", "success", "fail", "log", "exit"] as const;
export type PingKind = (typeof pingKinds)[number];

export interface StoredPing {
  tenantId: string;
  checkId: string;
  /** 1, 2, 3, … within the check. */
  number: number;
  atMs: number;
  kind: PingKind;
  /** Undefined unless the kind is `exit`. */
  exitCode: number | undefined;
  /** From the start of the run that this ping ended; undefined when it ended none. */
  durationMs: number | undefined;
  /** Tells overlapping runs apart; "" when the job names none. */
  runId: string;
  /** Address it came from. */
  source: string;
  userAgent: string;
  /** The beginning of what was sent with it. */
  body: string;
}

export interface OpenRun {
  runId: string;
  startedAtMs: number;
}

/** All that judging needs to know of the pings. Epoch milliseconds, 0 = never. */
export interface HeartbeatState {
  /** Pings ever taken. */
  pings: number;
  /** The first ping that said how a run ended. */
  firstEndAtMs: number;
  lastPingAtMs: number;
  lastSuccessAtMs: number;
  lastStartAtMs: number;
  /** Runs that have started and not ended, oldest first. */
  open: OpenRun[];
  /** How the run that ended last ended. */
  lastEnd: { exitCode: number | undefined; durationMs: number | undefined; excerpt: string } | undefined;
  /** What the job is down for, until it succeeds. */
  failure: { kind: "heartbeat_failed" | "heartbeat_overrun"; message: string } | undefined;
}

export interface HeartbeatToken {
  /** SHA-256 of the token, hexadecimal. */
  hash: string;
  sealed: string;
}

export interface StoredHeartbeat {
  tenantId: string;
  checkId: string;
  token: HeartbeatToken;
  state: HeartbeatState;
}

export interface HeartbeatStore {
  /** Of all tenants. */
  all(): Promise<StoredHeartbeat[]>;
  /** Keeps a new heartbeat, unless its check has one; gives the one that stands. */
  create(heartbeat: StoredHeartbeat): Promise<StoredHeartbeat>;
  /** The token before it finds nothing from then on. False when the check has no heartbeat. */
  replaceToken(tenantId: string, checkId: string, token: HeartbeatToken): Promise<boolean>;
  /** Keeps a ping and the state after it, both or none, and drops all but the newest `keep` pings; resolves when that is on disk. */
  record(ping: StoredPing, state: HeartbeatState, keep: number): Promise<void>;
  /** Newest first, at most `limit`, only those with a smaller number than `before`. */
  pings(tenantId: string, checkId: string, page: { limit: number; before: number }): Promise<StoredPing[]>;
  /** The check was deleted. */
  forget(tenantId: string, checkId: string): Promise<void>;
}
