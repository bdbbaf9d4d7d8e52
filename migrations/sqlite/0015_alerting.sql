-- 0015_alerting: who is told of what, what is muted, what goes together, and when active incidents are told of again

CREATE TABLE notification_routes (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  -- The route as JSON: nothing in it is asked for by SQL.
  body TEXT NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE INDEX notification_routes_of_tenant ON notification_routes (tenant_id, position, id);

CREATE TABLE silences (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  starts_at_ms INTEGER NOT NULL,
  ends_at_ms INTEGER NOT NULL,
  matchers TEXT NOT NULL,
  comment TEXT NOT NULL,
  created_by TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX silences_of_tenant ON silences (tenant_id, id);
CREATE INDEX silences_by_end ON silences (ends_at_ms);

-- Incidents that are active and that nobody has acknowledged: what may have to be told again.
CREATE TABLE notification_follow_ups (
  tenant_id TEXT NOT NULL,
  incident_id TEXT NOT NULL,
  due_at_ms INTEGER NOT NULL,
  -- The follow-up as JSON.
  body TEXT NOT NULL,
  PRIMARY KEY (tenant_id, incident_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX notification_follow_ups_due ON notification_follow_ups (due_at_ms);

-- When a group last went out through a channel: the next message of the group waits for its interval.
CREATE TABLE notification_groups (
  tenant_id TEXT NOT NULL,
  channel_id TEXT NOT NULL,
  group_key TEXT NOT NULL,
  flushed_at_ms INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, channel_id, group_key)
) STRICT, WITHOUT ROWID;

-- What may be put into one message; "" goes alone.
ALTER TABLE notifications ADD COLUMN group_key TEXT NOT NULL DEFAULT '';
-- The row whose message carries this one.
ALTER TABLE notifications ADD COLUMN grouped_into TEXT NOT NULL DEFAULT '';
-- The channel that could not deliver it, when this one stands in.
ALTER TABLE notifications ADD COLUMN fallback_for TEXT NOT NULL DEFAULT '';
-- Why, for people.
ALTER TABLE notifications ADD COLUMN because TEXT NOT NULL DEFAULT '';

CREATE INDEX notifications_grouped ON notifications (tenant_id, grouped_into) WHERE grouped_into <> '';
CREATE INDEX notifications_of_group ON notifications (tenant_id, channel_id, group_key) WHERE state = 'waiting' AND group_key <> '';
CREATE INDEX notifications_of_channel ON notifications (tenant_id, channel_id, created_at_ms);
