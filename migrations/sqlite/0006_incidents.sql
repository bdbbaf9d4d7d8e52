-- An outage or degradation of one check at one location.
CREATE TABLE incidents (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  check_id TEXT NOT NULL,
  check_name TEXT NOT NULL,
  location TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved')),
  severity TEXT NOT NULL CHECK (severity IN ('critical', 'warning')),
  error_hash TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  acknowledged_at INTEGER NOT NULL,
  resolved_at INTEGER NOT NULL,
  resolved_by TEXT NOT NULL,
  occurrences INTEGER NOT NULL,
  suppressed_by TEXT NOT NULL,
  event_sequence INTEGER NOT NULL,
  check_body BLOB NOT NULL
) STRICT;

-- One outage is one incident: the database refuses a second, whatever the code believes.
CREATE UNIQUE INDEX incidents_one_active ON incidents (tenant_id, check_id, location) WHERE state <> 'resolved';
CREATE INDEX incidents_active ON incidents (tenant_id, id) WHERE state <> 'resolved';
CREATE INDEX incidents_by_tenant ON incidents (tenant_id, id);
CREATE INDEX incidents_by_check ON incidents (tenant_id, check_id, id);
CREATE INDEX incidents_by_end ON incidents (resolved_at) WHERE state = 'resolved';

CREATE TABLE incident_causes (
  incident_id TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL,
  error_hash TEXT NOT NULL,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  first_seen_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  occurrences INTEGER NOT NULL,
  PRIMARY KEY (incident_id, error_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_timeline (
  incident_id TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  PRIMARY KEY (incident_id, id)
) STRICT, WITHOUT ROWID;

-- What the decisions remember of a check that has failed at least once. A check that never failed has no row.
-- `last_sequence` is the place in core's log of the newest run taken in; `last_run_at` only tells which rows are long idle.
-- `streak` is JSON: the causes of the failing runs that no active incident has taken in yet.
CREATE TABLE incident_check_states (
  tenant_id TEXT NOT NULL,
  check_id TEXT NOT NULL,
  location TEXT NOT NULL,
  last_sequence INTEGER NOT NULL,
  last_run_at INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  first_failure_at INTEGER NOT NULL,
  goods INTEGER NOT NULL,
  first_good_at INTEGER NOT NULL,
  streak TEXT NOT NULL,
  held INTEGER NOT NULL CHECK (held IN (0, 1)),
  incident_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, check_id, location)
) STRICT, WITHOUT ROWID;

-- Events that were decided but not yet handed to the queue, in the order of deciding.
CREATE TABLE incident_outbox (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  tenant_id TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT;
