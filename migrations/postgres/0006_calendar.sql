-- Maintenance windows, what they covered, and corrections of the past.

CREATE TABLE maintenance_windows (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  description text NOT NULL,
  enabled boolean NOT NULL,
  matchers text NOT NULL,
  schedule text NOT NULL,
  -- Occurrences that began until then are over, whatever the schedule says; 0 for never.
  ended_at_ms bigint NOT NULL,
  version integer NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL
);

CREATE INDEX maintenance_windows_of_tenant ON maintenance_windows (tenant_id, id);

-- Lists of checks, each stored once however many nights it was covered.
CREATE TABLE maintenance_selections (
  tenant_id text COLLATE "C" NOT NULL,
  hash text COLLATE "C" NOT NULL,
  check_ids text NOT NULL,
  PRIMARY KEY (tenant_id, hash)
);

-- What was covered and when: uptime rests on this and not on the windows, which people change and delete.
CREATE TABLE maintenance_spans (
  tenant_id text COLLATE "C" NOT NULL,
  window_id text COLLATE "C" NOT NULL,
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL,
  selection text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_id, window_id, from_ms)
);

CREATE INDEX maintenance_spans_by_end ON maintenance_spans (tenant_id, to_ms);

CREATE TABLE corrections (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  check_id text COLLATE "C" NOT NULL,
  from_ms bigint NOT NULL,
  to_ms bigint NOT NULL,
  count_as text NOT NULL CHECK (count_as IN ('up', 'down', 'unknown', 'maintenance')),
  reason text NOT NULL,
  created_by text NOT NULL,
  created_at_ms bigint NOT NULL
);

CREATE INDEX corrections_of_check ON corrections (tenant_id, check_id, id);

CREATE INDEX corrections_by_end ON corrections (tenant_id, to_ms);
