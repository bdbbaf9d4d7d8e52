-- Each check has a small number here, so that a stored result carries four bytes instead of thirty.
CREATE TABLE check_numbers (
  check_no INTEGER PRIMARY KEY,
  check_id TEXT NOT NULL UNIQUE,
  tenant_id TEXT NOT NULL,
  -- Newest scheduled slot among the sealed results.
  last_slot INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The log of truth: results in the order in which they came, without an index, since an index by check would write a page for
-- every result. Two tables take turns: while one grows, the other is sealed into blocks and emptied at one stroke.
-- Durations are microseconds; NULL is "did not happen". `flags` holds the status (2 bits) and the trigger (1 bit).
CREATE TABLE result_log_a (
  sequence INTEGER PRIMARY KEY,
  check_no INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  lag INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  latency INTEGER NOT NULL,
  dns INTEGER,
  connect INTEGER,
  tls INTEGER,
  first_byte INTEGER,
  transfer INTEGER,
  code INTEGER NOT NULL,
  body_bytes INTEGER NOT NULL,
  attempts INTEGER NOT NULL
) STRICT;

CREATE TABLE result_log_b (
  sequence INTEGER PRIMARY KEY,
  check_no INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  lag INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  latency INTEGER NOT NULL,
  dns INTEGER,
  connect INTEGER,
  tls INTEGER,
  first_byte INTEGER,
  transfer INTEGER,
  code INTEGER NOT NULL,
  body_bytes INTEGER NOT NULL,
  attempts INTEGER NOT NULL
) STRICT;

-- While a log is being sealed: results of a check up to this sequence are in its blocks already.
CREATE TABLE result_sealed (
  check_no INTEGER PRIMARY KEY,
  sequence INTEGER NOT NULL
) STRICT;

-- A segment is what one log held when it was sealed.
CREATE TABLE result_segments (
  segment INTEGER PRIMARY KEY,
  first_slot INTEGER NOT NULL,
  last_slot INTEGER NOT NULL
) STRICT;

-- Sealed results, one compressed block a check and segment, key = segment * 2^21 + check_no: the blocks of a segment
-- lie side by side, so that sealing writes full pages.
CREATE TABLE result_blocks (
  key INTEGER PRIMARY KEY,
  data BLOB NOT NULL
) STRICT;

-- What a number cannot say: errors, assertions, excerpts.
CREATE TABLE result_details (
  check_no INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (check_no, slot)
) STRICT, WITHOUT ROWID;

-- Slots that have no result, as ranges, with the reason.
CREATE TABLE result_missed (
  check_no INTEGER NOT NULL,
  first_slot INTEGER NOT NULL,
  last_slot INTEGER NOT NULL,
  slots INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (check_no, first_slot)
) STRICT, WITHOUT ROWID;

-- tier: 0 minute, 1 hour, 2 day. `through`: results up to this sequence are counted in. Ordered by bucket and not by check,
-- since all checks are written at about the same time.
CREATE TABLE rollups (
  tier INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  check_no INTEGER NOT NULL,
  through INTEGER NOT NULL,
  up INTEGER NOT NULL,
  degraded INTEGER NOT NULL,
  down INTEGER NOT NULL,
  unknown INTEGER NOT NULL,
  latency_sum REAL NOT NULL,
  latency_min REAL NOT NULL,
  latency_max REAL NOT NULL,
  histogram BLOB NOT NULL,
  PRIMARY KEY (tier, bucket, check_no)
) STRICT, WITHOUT ROWID;

-- One row: how far check_results has been handled.
CREATE TABLE result_relay (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  sequence INTEGER NOT NULL
) STRICT;
