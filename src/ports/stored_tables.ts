/**
 * Everything that the product keeps, table by table, as it looks in every technology that keeps all of it: what is copied from one to
 * another. An adapter says beside it where its own table differs; a test compares this with the tables there are.
 */

/** "real" is a 64-bit float, "flag" a boolean. Any of them may be null where the tables allow it. */
type Kind = "text" | "whole" | "real" | "flag" | "bytes";

export interface StoredColumn {
  name: string;
  kind: Kind;
}

export interface StoredTable {
  name: string;
  /** Columns by which the rows are ordered, no two alike; text has the order of its bytes. None where a store orders them by what is not copied. */
  key: readonly string[];
  columns: readonly StoredColumn[];
}

/** Single results: every store keeps these its own way. */
export const resultsTable = table("results", "", {
  whole: "sequence check_no slot lag flags latency dns connect tls first_byte transfer code body_bytes attempts probe_lag",
  text: "detail",
});

/** In an order in which none refers to one after it. */
export const storedTables: readonly StoredTable[] = [
  table("tenants", "id", { text: "id name", whole: "created_at_ms" }),
  table("users", "id", { text: "id email name password_hash totp_secret", flag: "totp_enabled", whole: "session_version totp_last_step created_at_ms" }),
  table("memberships", "tenant_id user_id", { text: "tenant_id user_id role", whole: "added_at_ms" }),
  table("sessions", "id", { text: "id tenant_id user_id device ip", whole: "version created_at_ms expires_at_ms ended_at_ms last_used_at_ms" }),
  table("refresh_tokens", "hash", { text: "hash session_id", whole: "spent_at_ms" }),
  table("recovery_codes", "user_id hash", { text: "user_id hash", whole: "created_at_ms spent_at_ms" }),
  table("api_keys", "id", { text: "id tenant_id created_by name prefix hash role scopes", whole: "created_at_ms expires_at_ms last_used_at_ms" }),
  table("signing_keys", "kid", { text: "kid public_jwk sealed_private_jwk", whole: "created_at_ms" }),
  table("audit_entries", "tenant_id seq", { text: "tenant_id id actor actor_type ip action subject outcome detail_json request_id hash", whole: "seq at_ms" }),
  table("audit_heads", "tenant_id", { text: "tenant_id hash", whole: "entries" }),
  table("checks", "id", { text: "id tenant_id name type document", whole: "version created_at updated_at" }),
  table("status_pages", "id", { text: "id tenant_id slug domain document password_hash", flag: "published", whole: "version created_at_ms updated_at_ms" }),
  table("status_notes", "id", { text: "id tenant_id page_id document", whole: "version created_at_ms updated_at_ms" }),
  table("status_untold", "id", { text: "id tenant_id page_id body", whole: "created_at_ms" }),
  table("status_subscribers", "id", { text: "id tenant_id page_id kind address_hash sealed_address", whole: "confirmed_at_ms created_at_ms" }),
  table("schedules", "check_id", { text: "check_id tenant_id cron timezone", flag: "removed", whole: "every_ms created_at active_since told" }),
  table("proto_sets", "id", { text: "id tenant_id name file_names_json services_json warnings_json reflection_json", whole: "version messages created_at" }),
  table("proto_set_contents", "proto_set_id", { text: "proto_set_id tenant_id sources_json", bytes: "descriptors" }),
  table("maintenance_windows", "id", { text: "id tenant_id name description matchers schedule", flag: "enabled", whole: "ended_at_ms version created_at_ms updated_at_ms" }),
  table("maintenance_selections", "tenant_id hash", { text: "tenant_id hash check_ids" }),
  table("maintenance_spans", "tenant_id window_id from_ms", { text: "tenant_id window_id selection", whole: "from_ms to_ms" }),
  table("corrections", "id", { text: "id tenant_id check_id count_as reason created_by", whole: "from_ms to_ms created_at_ms" }),
  table("channels", "id", { text: "id tenant_id type name locale fallback sealed_settings", flag: "enabled", whole: "version created_at_ms updated_at_ms" }),
  table("notification_routes", "id", { text: "id tenant_id body", whole: "position version" }),
  table("silences", "id", { text: "id tenant_id matchers comment created_by", whole: "starts_at_ms ends_at_ms version created_at_ms updated_at_ms" }),
  table("notification_follow_ups", "tenant_id incident_id", { text: "tenant_id incident_id body", whole: "due_at_ms" }),
  table("notification_templates", "tenant_id name", { text: "tenant_id name text updated_by", whole: "updated_at_ms" }),
  table("incidents", "id", {
    text: "id tenant_id check_id check_name location state severity error_hash resolved_by suppressed_by",
    whole: "started_at ended_at opened_at acknowledged_at resolved_at occurrences event_sequence",
    bytes: "check_body",
  }),
  table("incident_causes", "incident_id error_hash", { text: "incident_id tenant_id error_hash kind message", whole: "first_seen_at last_seen_at occurrences" }),
  table("incident_timeline", "incident_id id", { text: "incident_id id tenant_id type actor reason message", whole: "at" }),
  table("incident_check_states", "tenant_id check_id", { text: "tenant_id check_id maintenance incident_id locations", flag: "failing flapping held", whole: "last_run_at" }),
  table("incident_outbox", "position", { text: "id tenant_id", whole: "position", bytes: "body" }),
  table("notification_events", "tenant_id id", { text: "tenant_id id type incident_id payload", whole: "at_ms sequence" }),
  table("notifications", "id", {
    text: "id tenant_id event_id event_type incident_id channel_id channel_name channel_type state reason last_error attempts reached group_key grouped_into fallback_for because",
    whole: "sequence created_at_ms due_at_ms sent_at_ms tries lease",
  }),
  table("notification_groups", "tenant_id channel_id group_key", { text: "tenant_id channel_id group_key", whole: "flushed_at_ms" }),
  table("heartbeats", "check_id", { text: "check_id tenant_id token_hash token_sealed state" }),
  table("heartbeat_pings", "check_id number", { text: "check_id tenant_id kind run_id source user_agent", whole: "number at exit_code duration", bytes: "body" }),
  table("baselines", "tenant_id check_id kind", { text: "tenant_id check_id kind hash text", whole: "set_at" }),
  // In the order in which they wait, which every store numbers its own way.
  table("queue_messages", "", { text: "queue message_id tenant_id", whole: "attempts", bytes: "body" }),
  table("dead_letters", "tenant_id message_id", { text: "tenant_id message_id queue reason", whole: "attempts died_at_ms", bytes: "body" }),
  table("check_series", "check_no", { text: "check_id tenant_id", whole: "check_no last_slot" }),
  table("result_missed", "check_no first_slot", { text: "reason", whole: "check_no first_slot last_slot slots" }),
  // Hours and days. Counts by the minute are made anew of the results, from which stores leave them out each in its own way.
  table("rollups", "tier bucket check_no", { whole: "tier bucket check_no through up degraded down unknown", real: "latency_sum latency_min latency_max", bytes: "histogram" }),
  resultsTable,
];

function table(name: string, key: string, columns: Partial<Record<Kind, string>>): StoredTable {
  const of = ([kind, names]: [string, string]) => names.split(" ").map((column) => ({ name: column, kind: kind as Kind }));
  return { name, key: key === "" ? [] : key.split(" "), columns: Object.entries(columns).flatMap(of) };
}
