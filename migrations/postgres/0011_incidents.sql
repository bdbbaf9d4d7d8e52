-- An outage or degradation of one check, whatever the number of its locations.
CREATE TABLE incidents (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  check_id text COLLATE "C" NOT NULL,
  check_name text NOT NULL,
  location text NOT NULL,
  state text NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved')),
  severity text NOT NULL CHECK (severity IN ('critical', 'warning')),
  error_hash text NOT NULL,
  started_at bigint NOT NULL,
  ended_at bigint NOT NULL,
  opened_at bigint NOT NULL,
  acknowledged_at bigint NOT NULL,
  resolved_at bigint NOT NULL,
  resolved_by text NOT NULL,
  occurrences bigint NOT NULL,
  suppressed_by text NOT NULL,
  event_sequence bigint NOT NULL,
  check_body bytea NOT NULL
) WITH (fillfactor = 80);

-- One outage is one incident: the database refuses a second, whatever the code believes.
CREATE UNIQUE INDEX incidents_one_active ON incidents (tenant_id, check_id) WHERE state <> 'resolved';
CREATE INDEX incidents_active ON incidents (tenant_id, id) WHERE state <> 'resolved';
CREATE INDEX incidents_by_tenant ON incidents (tenant_id, id);
CREATE INDEX incidents_by_check ON incidents (tenant_id, check_id, id);
CREATE INDEX incidents_by_end ON incidents (resolved_at) WHERE state = 'resolved';

CREATE TABLE incident_causes (
  incident_id text COLLATE "C" NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  tenant_id text COLLATE "C" NOT NULL,
  error_hash text COLLATE "C" NOT NULL,
  kind text NOT NULL,
  message text NOT NULL,
  first_seen_at bigint NOT NULL,
  last_seen_at bigint NOT NULL,
  occurrences bigint NOT NULL,
  PRIMARY KEY (incident_id, error_hash)
);

CREATE TABLE incident_timeline (
  incident_id text COLLATE "C" NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  id text COLLATE "C" NOT NULL,
  tenant_id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  type text NOT NULL,
  actor text NOT NULL,
  reason text NOT NULL,
  message text NOT NULL,
  PRIMARY KEY (incident_id, id)
);

-- What the decisions remember of a check that has failed at least once. A check that never failed has no row.
-- `locations` is JSON, kept as it was written: what is known of each place that the check runs from. `last_run_at` and `failing` only
-- tell which rows are quiet and long idle.
CREATE TABLE incident_check_states (
  tenant_id text COLLATE "C" NOT NULL,
  check_id text COLLATE "C" NOT NULL,
  last_run_at bigint NOT NULL,
  failing boolean NOT NULL,
  flapping boolean NOT NULL,
  held boolean NOT NULL,
  maintenance text NOT NULL,
  incident_id text COLLATE "C" NOT NULL,
  locations text NOT NULL,
  PRIMARY KEY (tenant_id, check_id)
) WITH (fillfactor = 50);

-- Events that were decided but not yet handed to the queue, in the order of deciding.
CREATE TABLE incident_outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  tenant_id text COLLATE "C" NOT NULL,
  body bytea NOT NULL
);
