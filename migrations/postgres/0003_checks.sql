-- The document is the check as config keeps it (secrets sealed); the columns beside it are what lists filter by.
CREATE TABLE checks (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  type text NOT NULL,
  version integer NOT NULL,
  -- Each a JSON array of key and value: JSON keeps apart what a separator would not.
  tags text[] NOT NULL,
  -- Text and not jsonb, which refuses a NUL in a string.
  document text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL
);

CREATE INDEX checks_by_tenant ON checks (tenant_id, id);
