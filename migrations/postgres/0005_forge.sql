-- Uploaded .proto trees, versioned by name. The sources and the descriptor set lie apart from what a list reads.
CREATE TABLE proto_sets (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  file_names_json text NOT NULL,
  services_json text NOT NULL,
  warnings_json text NOT NULL,
  messages integer NOT NULL,
  created_at bigint NOT NULL,
  -- Where a set came from that a server described by itself; NULL when it was uploaded.
  reflection_json text
);

CREATE UNIQUE INDEX proto_sets_by_name ON proto_sets (tenant_id, name, version);

CREATE INDEX proto_sets_by_tenant ON proto_sets (tenant_id, id);

CREATE TABLE proto_set_contents (
  proto_set_id text COLLATE "C" PRIMARY KEY REFERENCES proto_sets (id) ON DELETE CASCADE,
  tenant_id text COLLATE "C" NOT NULL,
  sources_json text NOT NULL,
  descriptors bytea NOT NULL
);
