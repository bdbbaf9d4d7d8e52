-- What the jobs of heartbeat checks reported. The token is found by its hash, and shown again to editors from its sealed form.
CREATE TABLE heartbeats (
  check_id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  token_hash text COLLATE "C" NOT NULL UNIQUE,
  token_sealed text NOT NULL,
  -- JSON, as in the port.
  state text NOT NULL
) WITH (fillfactor = 50);

-- The newest pings of each check, numbered from 1 within it. NULL is "was not said". `body` is what was sent, which may hold a zero byte.
CREATE TABLE heartbeat_pings (
  check_id text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  tenant_id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  kind text NOT NULL,
  exit_code integer,
  duration bigint,
  run_id text COLLATE "C" NOT NULL,
  source text NOT NULL,
  user_agent text NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (check_id, number)
);
