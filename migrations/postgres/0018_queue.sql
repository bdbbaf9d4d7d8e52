-- Messages on their way between processes, in parcels. One that its publisher can compute again may be lost with the last moments
-- before a crash of the server: its publisher sends it again.
CREATE TABLE queue_parcels (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue text COLLATE "C" NOT NULL,
  -- By the server's clock. A consumer that has the parcel moves it on while it lives.
  visible_at_ms bigint NOT NULL,
  deliveries integer NOT NULL DEFAULT 0,
  -- Names the statement that took it last, so that one whose answer was lost can be undone.
  taken_in uuid,
  body bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE INDEX queue_parcels_due ON queue_parcels (queue, visible_at_ms, id);

CREATE TABLE dead_letters (
  tenant_id text COLLATE "C" NOT NULL,
  message_id text COLLATE "C" NOT NULL,
  queue text COLLATE "C" NOT NULL,
  body bytea NOT NULL,
  attempts integer NOT NULL,
  reason text NOT NULL,
  died_at_ms bigint NOT NULL,
  PRIMARY KEY (tenant_id, message_id)
);

CREATE INDEX dead_letters_newest ON dead_letters (tenant_id, died_at_ms);
