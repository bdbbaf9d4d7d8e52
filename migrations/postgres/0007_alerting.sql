-- Who is told of what, what is muted, and when active incidents are told of again.

CREATE TABLE notification_routes (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  -- The route as JSON: nothing in it is asked for by SQL.
  body text NOT NULL,
  version integer NOT NULL
);

CREATE INDEX notification_routes_of_tenant ON notification_routes (tenant_id, position, id);

CREATE TABLE silences (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  starts_at_ms bigint NOT NULL,
  ends_at_ms bigint NOT NULL,
  matchers text NOT NULL,
  comment text NOT NULL,
  created_by text NOT NULL,
  version integer NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL
);

CREATE INDEX silences_of_tenant ON silences (tenant_id, id);

CREATE INDEX silences_by_end ON silences (ends_at_ms);

-- Incidents that are active and that nobody has acknowledged: what may have to be told again.
CREATE TABLE notification_follow_ups (
  tenant_id text COLLATE "C" NOT NULL,
  incident_id text COLLATE "C" NOT NULL,
  due_at_ms bigint NOT NULL,
  -- The follow-up as JSON, in text that is compared as a whole.
  body text NOT NULL,
  PRIMARY KEY (tenant_id, incident_id)
);

CREATE INDEX notification_follow_ups_due ON notification_follow_ups (due_at_ms);
