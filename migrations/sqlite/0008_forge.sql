-- Uploaded .proto trees, versioned by name. The sources and the descriptor set lie apart from what a list reads.
CREATE TABLE proto_sets (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  file_names_json TEXT NOT NULL,
  services_json TEXT NOT NULL,
  warnings_json TEXT NOT NULL,
  messages INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX proto_sets_by_name ON proto_sets (tenant_id, name, version);
CREATE INDEX proto_sets_by_tenant ON proto_sets (tenant_id, id);
CREATE TABLE proto_set_contents (
  proto_set_id TEXT PRIMARY KEY REFERENCES proto_sets (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL,
  sources_json TEXT NOT NULL,
  descriptors BLOB NOT NULL
) STRICT;
