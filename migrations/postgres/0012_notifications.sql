-- The ledger of every message. What happened, once for all its rows.
CREATE TABLE notification_events (
  tenant_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  type text NOT NULL,
  at_ms bigint NOT NULL,
  incident_id text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  -- JSON, kept as it was written.
  payload text NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

CREATE INDEX notification_events_of_incident ON notification_events (tenant_id, incident_id, sequence);

CREATE TABLE notifications (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  event_type text NOT NULL,
  incident_id text COLLATE "C" NOT NULL,
  sequence bigint NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  channel_name text NOT NULL,
  channel_type text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'dead', 'skipped')),
  reason text NOT NULL,
  created_at_ms bigint NOT NULL,
  -- When it may be claimed: the next attempt while waiting, the end of the lease while sending, 0 for never.
  due_at_ms bigint NOT NULL,
  sent_at_ms bigint NOT NULL DEFAULT 0,
  last_error text NOT NULL DEFAULT '',
  tries integer NOT NULL DEFAULT 0,
  -- JSON, here and below, kept as it was written.
  attempts text NOT NULL DEFAULT '[]',
  reached text NOT NULL DEFAULT '[]',
  lease integer NOT NULL DEFAULT 0,
  -- What may be put into one message; "" goes alone.
  group_key text COLLATE "C" NOT NULL,
  -- The row whose message carries this one.
  grouped_into text COLLATE "C" NOT NULL DEFAULT '',
  -- The channel that could not deliver it, when this one stands in.
  fallback_for text NOT NULL,
  -- Why, for people.
  because text NOT NULL,
  UNIQUE (tenant_id, event_id, channel_id)
) WITH (fillfactor = 80);

CREATE INDEX notifications_due ON notifications (due_at_ms) WHERE due_at_ms > 0;
CREATE INDEX notifications_in_line ON notifications (tenant_id, incident_id, channel_id, sequence, id) WHERE state IN ('waiting', 'sending');
CREATE INDEX notifications_of_tenant ON notifications (tenant_id, id);
CREATE INDEX notifications_of_incident ON notifications (tenant_id, incident_id, id);
CREATE INDEX notifications_finished ON notifications (created_at_ms) WHERE state IN ('sent', 'dead', 'skipped');
CREATE INDEX notifications_grouped ON notifications (tenant_id, grouped_into) WHERE grouped_into <> '';
CREATE INDEX notifications_of_group ON notifications (tenant_id, channel_id, group_key) WHERE state = 'waiting' AND group_key <> '';
CREATE INDEX notifications_of_channel ON notifications (tenant_id, channel_id, created_at_ms);

-- When a group last went out through a channel: the next message of the group waits for its interval.
CREATE TABLE notification_groups (
  tenant_id text COLLATE "C" NOT NULL,
  channel_id text COLLATE "C" NOT NULL,
  group_key text COLLATE "C" NOT NULL,
  flushed_at_ms bigint NOT NULL,
  PRIMARY KEY (tenant_id, channel_id, group_key)
);
