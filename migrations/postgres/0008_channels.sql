-- Where messages go; the types of channels are known to the code alone.
CREATE TABLE channels (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  type text NOT NULL,
  name text NOT NULL,
  locale text NOT NULL,
  -- Id of the channel that is told when this one cannot deliver; '' for none.
  fallback text NOT NULL,
  enabled boolean NOT NULL,
  sealed_settings text NOT NULL,
  version integer NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL
);

CREATE INDEX channels_of_tenant ON channels (tenant_id, id);
