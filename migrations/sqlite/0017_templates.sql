-- 0017_templates: what a tenant says instead of the shipped texts

CREATE TABLE notification_templates (
  tenant_id TEXT NOT NULL,
  -- With ".en" or ".ru" at its end it is for that language alone.
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  updated_at_ms INTEGER NOT NULL,
  updated_by TEXT NOT NULL,
  PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;
