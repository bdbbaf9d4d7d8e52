-- Each series of results (a check at one location) has a small number here, so that a stored result carries four bytes instead of
-- thirty. A number is never given out again; the row of a series that was forgotten stays, without a tenant.
CREATE TABLE check_series (
  check_no integer PRIMARY KEY,
  check_id text COLLATE "C" NOT NULL UNIQUE,
  tenant_id text COLLATE "C" NOT NULL,
  -- Newest scheduled slot with a result or a missed record, as of the last count.
  last_slot bigint NOT NULL DEFAULT 0,
  -- Newest slot among the results that are counted into rollups.
  counted_slot bigint NOT NULL DEFAULT 0,
  -- What was stored of a forgotten series is gone, too.
  swept boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);

-- The log of truth, one partition a day, made ahead and dropped whole when its retention is over. Durations are microseconds; NULL is
-- "did not happen". `status`: 0 up, 1 degraded, 2 down, 3 unknown. `detail` is JSON, kept as it was written: errors, assertions, excerpts.
CREATE TABLE results (
  sequence bigint NOT NULL,
  slot bigint NOT NULL,
  check_no integer NOT NULL,
  lag integer NOT NULL,
  latency integer NOT NULL,
  probe_lag integer NOT NULL,
  body_bytes integer NOT NULL,
  code integer NOT NULL,
  attempts integer NOT NULL,
  status smallint NOT NULL,
  lost_syns smallint NOT NULL,
  manual boolean NOT NULL,
  dns integer,
  connect integer,
  tls integer,
  first_byte integer,
  transfer integer,
  detail text
) PARTITION BY RANGE (slot);

-- The last guard against a result that is stored twice, and the way to a page of history.
CREATE UNIQUE INDEX results_once ON results (check_no, slot, manual);
CREATE INDEX results_in_order ON results (sequence);
CREATE INDEX results_not_up ON results (check_no, slot) WHERE status <> 0;

-- Slots that have no result, as ranges, with the reason.
CREATE TABLE result_missed (
  check_no integer NOT NULL,
  first_slot bigint NOT NULL,
  last_slot bigint NOT NULL,
  slots integer NOT NULL,
  reason text NOT NULL,
  PRIMARY KEY (check_no, first_slot)
);

-- tier: 0 minute, 1 hour, 2 day. `through`: results up to this sequence are counted in. Ordered by bucket and not by series, since
-- all series are written at about the same time.
CREATE TABLE rollups (
  bucket bigint NOT NULL,
  through bigint NOT NULL,
  latency_sum double precision NOT NULL,
  latency_min double precision NOT NULL,
  latency_max double precision NOT NULL,
  check_no integer NOT NULL,
  up integer NOT NULL,
  degraded integer NOT NULL,
  down integer NOT NULL,
  unknown integer NOT NULL,
  tier smallint NOT NULL,
  histogram bytea NOT NULL,
  PRIMARY KEY (tier, bucket, check_no)
) WITH (fillfactor = 70);

-- One row. `newest`: the last sequence that was given out, which whoever appends moves on from the one it knows: so two never append at
-- the same time, and one whose answer was lost is seen. `counted`: results up to this one are in the rollups. `relayed`: how far
-- check_results has been handled.
CREATE TABLE result_marks (
  id integer PRIMARY KEY CHECK (id = 1),
  newest bigint NOT NULL,
  counted bigint NOT NULL,
  relayed bigint NOT NULL
) WITH (fillfactor = 10);

INSERT INTO result_marks (id, newest, counted, relayed) VALUES (1, 0, 0, 0);
