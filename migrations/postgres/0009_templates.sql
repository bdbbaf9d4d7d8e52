-- What a tenant says instead of the shipped texts.
CREATE TABLE notification_templates (
  tenant_id text COLLATE "C" NOT NULL,
  -- With ".en" or ".ru" at its end it is for that language alone.
  name text COLLATE "C" NOT NULL,
  text text NOT NULL,
  updated_at_ms bigint NOT NULL,
  updated_by text NOT NULL,
  PRIMARY KEY (tenant_id, name)
);
