-- One incident per check, whatever the number of its locations. Of several active ones of a check the newest stays.
UPDATE incidents SET state = 'resolved', resolved_by = 'system', resolved_at = CAST(unixepoch('subsec') * 1000 AS INTEGER),
  ended_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)
WHERE state <> 'resolved' AND id < (SELECT max(newer.id) FROM incidents AS newer
  WHERE newer.tenant_id = incidents.tenant_id AND newer.check_id = incidents.check_id AND newer.state <> 'resolved');

DROP INDEX incidents_one_active;
CREATE UNIQUE INDEX incidents_one_active ON incidents (tenant_id, check_id) WHERE state <> 'resolved';

-- What the decisions remember of a check that has failed at least once. A check that never failed has no row.
-- `locations` is JSON: what is known of each place that the check runs from. `last_run_at` and `failing` only tell which rows are
-- quiet and long idle.
CREATE TABLE incident_check_states_of_checks (
  tenant_id TEXT NOT NULL,
  check_id TEXT NOT NULL,
  last_run_at INTEGER NOT NULL,
  failing INTEGER NOT NULL CHECK (failing IN (0, 1)),
  flapping INTEGER NOT NULL CHECK (flapping IN (0, 1)),
  held INTEGER NOT NULL CHECK (held IN (0, 1)),
  maintenance TEXT NOT NULL,
  incident_id TEXT NOT NULL,
  locations TEXT NOT NULL,
  PRIMARY KEY (tenant_id, check_id)
) STRICT, WITHOUT ROWID;

INSERT INTO incident_check_states_of_checks
SELECT states.tenant_id, states.check_id, max(last_run_at), max(failures > 0), 0, max(held), '',
  coalesce(
    (SELECT active.id FROM incidents AS active
     WHERE active.tenant_id = states.tenant_id AND active.check_id = states.check_id AND active.state <> 'resolved'),
    max(incident_id)),
  json_group_array(json_object(
    'location', location, 'lastSequence', last_sequence, 'lastRunAtMs', last_run_at, 'gapsMs', json_array(), 'missed', 0,
    'failures', failures, 'firstFailureAtMs', first_failure_at, 'goods', goods, 'firstGoodAtMs', first_good_at, 'streak', json(streak),
    'down', json(CASE WHEN EXISTS (SELECT 1 FROM incidents AS its
      WHERE its.tenant_id = states.tenant_id AND its.id = states.incident_id AND its.state <> 'resolved') THEN 'true' ELSE 'false' END),
    'history', 0, 'flapping', json('false')))
FROM incident_check_states AS states
GROUP BY states.tenant_id, states.check_id;

DROP TABLE incident_check_states;
ALTER TABLE incident_check_states_of_checks RENAME TO incident_check_states;
