-- Who somebody is: users, tenants, memberships, sessions, API keys, signing keys; and the audit log.

CREATE TABLE tenants (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  created_at_ms bigint NOT NULL
);

-- A user may belong to several tenants, so this table alone has no tenant_id.
CREATE TABLE users (
  id text COLLATE "C" PRIMARY KEY,
  email text COLLATE "C" NOT NULL UNIQUE,
  name text NOT NULL,
  password_hash text NOT NULL,
  session_version integer NOT NULL,
  totp_secret text NOT NULL,
  totp_enabled boolean NOT NULL,
  totp_last_step bigint NOT NULL,
  created_at_ms bigint NOT NULL
);

CREATE TABLE memberships (
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenants (id),
  user_id text COLLATE "C" NOT NULL REFERENCES users (id),
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'editor', 'viewer')),
  added_at_ms bigint NOT NULL,
  PRIMARY KEY (tenant_id, user_id)
);

CREATE INDEX memberships_by_user ON memberships (user_id, added_at_ms);

-- A session is a family of refresh tokens, each the child of the one before.
CREATE TABLE sessions (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL REFERENCES users (id),
  version integer NOT NULL,
  created_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  ended_at_ms bigint
);

CREATE INDEX sessions_by_user ON sessions (user_id, tenant_id);

CREATE INDEX sessions_by_expiry ON sessions (expires_at_ms);

CREATE TABLE refresh_tokens (
  hash text COLLATE "C" PRIMARY KEY,
  session_id text COLLATE "C" NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  spent_at_ms bigint
);

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE api_keys (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL REFERENCES tenants (id),
  created_by text COLLATE "C" NOT NULL REFERENCES users (id),
  name text NOT NULL,
  prefix text COLLATE "C" NOT NULL UNIQUE,
  hash text NOT NULL,
  role text NOT NULL,
  scopes text NOT NULL,
  created_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  last_used_at_ms bigint NOT NULL
);

CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, created_at_ms);

CREATE TABLE signing_keys (
  kid text COLLATE "C" PRIMARY KEY,
  public_jwk text NOT NULL,
  sealed_private_jwk text NOT NULL,
  created_at_ms bigint NOT NULL
);

-- One hash chain a tenant; tenant_id '' is the chain of the platform itself.
CREATE TABLE audit_entries (
  tenant_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  id text NOT NULL,
  at_ms bigint NOT NULL,
  actor text NOT NULL,
  actor_type text NOT NULL,
  ip text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  outcome text NOT NULL,
  -- Text and not jsonb: the chain is over its bytes.
  detail_json text NOT NULL,
  request_id text NOT NULL,
  hash text NOT NULL,
  PRIMARY KEY (tenant_id, seq)
);

-- Where each chain ends, so that cutting off its last entries shows.
CREATE TABLE audit_heads (
  tenant_id text COLLATE "C" PRIMARY KEY,
  entries bigint NOT NULL,
  hash text NOT NULL
);
