-- What a check's target once looked like, to tell when that changes.
CREATE TABLE baselines (
  tenant_id text COLLATE "C" NOT NULL,
  check_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  hash text NOT NULL,
  text text NOT NULL,
  set_at bigint NOT NULL,
  PRIMARY KEY (tenant_id, check_id, kind)
);
