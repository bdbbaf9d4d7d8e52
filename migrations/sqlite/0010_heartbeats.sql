-- What the jobs of heartbeat checks reported. The token is found by its hash, and shown again to editors from its sealed form.
CREATE TABLE heartbeats (
  check_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  token_sealed TEXT NOT NULL,
  -- JSON, as in the port.
  state TEXT NOT NULL
) STRICT;

-- The newest pings of each check, numbered from 1 within it. NULL is "was not said".
CREATE TABLE heartbeat_pings (
  check_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  tenant_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  exit_code INTEGER,
  duration INTEGER,
  run_id TEXT NOT NULL,
  source TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (check_id, number)
) STRICT;
