-- The document is the check as config keeps it (secrets sealed); the columns beside it are what lists filter by.
CREATE TABLE checks (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  version INTEGER NOT NULL,
  document TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX checks_by_tenant ON checks (tenant_id, id);
