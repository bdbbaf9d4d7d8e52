CREATE TABLE schedules (
  check_id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  every_ms INTEGER NOT NULL,
  cron TEXT NOT NULL,
  timezone TEXT NOT NULL,
  removed INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  active_since INTEGER NOT NULL,
  told INTEGER NOT NULL
) STRICT;

CREATE INDEX schedules_by_tenant ON schedules (tenant_id, check_id);

-- Who leads, with a fencing token: writes name the epoch they believe in.
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT;
