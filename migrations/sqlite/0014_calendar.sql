-- 0014_calendar: maintenance windows, what they covered, and corrections of the past

CREATE TABLE maintenance_windows (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  matchers TEXT NOT NULL,
  schedule TEXT NOT NULL,
  -- Occurrences that began until then are over, whatever the schedule says; 0 for never.
  ended_at_ms INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX maintenance_windows_of_tenant ON maintenance_windows (tenant_id, id);

-- Lists of checks, each stored once however many nights it was covered.
CREATE TABLE maintenance_selections (
  tenant_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  check_ids TEXT NOT NULL,
  PRIMARY KEY (tenant_id, hash)
) STRICT;

-- What was covered and when: uptime rests on this and not on the windows, which people change and delete.
CREATE TABLE maintenance_spans (
  tenant_id TEXT NOT NULL,
  window_id TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  selection TEXT NOT NULL,
  PRIMARY KEY (tenant_id, window_id, from_ms)
) STRICT;

CREATE INDEX maintenance_spans_by_end ON maintenance_spans (tenant_id, to_ms);

CREATE TABLE corrections (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  check_id TEXT NOT NULL,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  count_as TEXT NOT NULL CHECK (count_as IN ('up', 'down', 'unknown', 'maintenance')),
  reason TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX corrections_of_check ON corrections (tenant_id, check_id, id);
CREATE INDEX corrections_by_end ON corrections (tenant_id, to_ms);
