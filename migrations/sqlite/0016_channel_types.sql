-- 0016_channel_types: the types of channels are known to the code alone, and a channel has a language and one that stands in for it

-- SQLite drops no CHECK: the table is made anew. Nothing refers to it by a foreign key.
CREATE TABLE channels_of_any_type (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  locale TEXT NOT NULL,
  -- Id of the channel that is told when this one cannot deliver; '' for none.
  fallback TEXT NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  sealed_settings TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

INSERT INTO channels_of_any_type (id, tenant_id, type, name, locale, fallback, enabled, sealed_settings, version, created_at_ms, updated_at_ms)
  SELECT id, tenant_id, type, name, 'en', '', enabled, sealed_settings, version, created_at_ms, updated_at_ms FROM channels;

DROP TABLE channels;
ALTER TABLE channels_of_any_type RENAME TO channels;
CREATE INDEX channels_of_tenant ON channels (tenant_id, id);
