-- Where a set came from that a server described by itself; NULL when it was uploaded.
ALTER TABLE proto_sets ADD COLUMN reflection_json TEXT;
