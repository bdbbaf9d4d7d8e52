CREATE TABLE schedules (
  check_id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  every_ms bigint NOT NULL,
  cron text NOT NULL,
  timezone text NOT NULL,
  removed boolean NOT NULL,
  created_at bigint NOT NULL,
  active_since bigint NOT NULL,
  told bigint NOT NULL
) WITH (fillfactor = 80);

CREATE INDEX schedules_by_tenant ON schedules (tenant_id, check_id);
