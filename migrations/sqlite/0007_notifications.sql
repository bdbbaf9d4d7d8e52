-- 0007_notifications: channels, and the ledger of every message

CREATE TABLE channels (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('webhook', 'email', 'slack', 'telegram', 'sms')),
  name TEXT NOT NULL,
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  sealed_settings TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX channels_of_tenant ON channels (tenant_id, id);

-- What happened, once for all its rows in the ledger.
CREATE TABLE notification_events (
  tenant_id TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  incident_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  payload TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT;

CREATE INDEX notification_events_of_incident ON notification_events (tenant_id, incident_id, sequence);

CREATE TABLE notifications (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  incident_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  channel_id TEXT NOT NULL,
  channel_name TEXT NOT NULL,
  channel_type TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'dead', 'skipped')),
  reason TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  -- When it may be claimed: the next attempt while waiting, the end of the lease while sending, 0 for never.
  due_at_ms INTEGER NOT NULL,
  sent_at_ms INTEGER NOT NULL,
  last_error TEXT NOT NULL,
  tries INTEGER NOT NULL,
  attempts TEXT NOT NULL,
  reached TEXT NOT NULL,
  lease INTEGER NOT NULL,
  UNIQUE (tenant_id, event_id, channel_id)
) STRICT;

CREATE INDEX notifications_due ON notifications (due_at_ms) WHERE due_at_ms > 0;
CREATE INDEX notifications_in_line ON notifications (tenant_id, incident_id, channel_id, sequence, id) WHERE state IN ('waiting', 'sending');
CREATE INDEX notifications_of_tenant ON notifications (tenant_id, id);
CREATE INDEX notifications_of_incident ON notifications (tenant_id, incident_id, id);
CREATE INDEX notifications_finished ON notifications (created_at_ms) WHERE state IN ('sent', 'dead', 'skipped');
