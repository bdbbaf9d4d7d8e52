-- What a check's target once looked like, to tell when that changes.
CREATE TABLE baselines (
  tenant_id TEXT NOT NULL,
  check_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  hash TEXT NOT NULL,
  text TEXT NOT NULL,
  set_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, check_id, kind)
) STRICT;
