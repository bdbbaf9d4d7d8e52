-- What a person sees of their sessions, recovery codes for who has lost the second factor, and finding one's way in the audit log.
ALTER TABLE sessions ADD COLUMN device text NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN ip text NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN last_used_at_ms bigint NOT NULL DEFAULT 0;

CREATE TABLE recovery_codes (
  user_id text COLLATE "C" NOT NULL REFERENCES users (id),
  hash text COLLATE "C" NOT NULL,
  created_at_ms bigint NOT NULL,
  spent_at_ms bigint,
  PRIMARY KEY (user_id, hash)
);

ALTER TABLE audit_entries ALTER COLUMN actor TYPE text COLLATE "C";

CREATE INDEX audit_entries_by_actor ON audit_entries (tenant_id, actor, seq);
