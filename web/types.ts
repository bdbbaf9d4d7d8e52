/** What the REST interface answers, as far as the dashboard reads it. Times are RFC 3339 texts, null when never. */
export type ResultStatus = "up" | "degraded" | "down" | "unknown";
export type State = ResultStatus | "pending" | "paused" | "maintenance";
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface List<T> {
  items: T[];
  nextCursor: string | null;
}

export interface FieldError {
  pointer: string;
  message: string;
}

export interface Session {
  user: { id: string; email: string; name: string; totpEnabled: boolean };
  tenant: { id: string; name: string };
  role: "owner" | "admin" | "editor" | "viewer";
}

export interface Schedule {
  every?: string;
  cron?: string;
  timezone?: string;
  state?: string;
  nextRunAt?: string | null;
  lastRunAt?: string | null;
}

export interface Check {
  id: string;
  version: number;
  name: string;
  type: string;
  enabled: boolean;
  target: JsonObject;
  tags: Record<string, string>;
  schedule: Schedule | null;
}

export interface Phases {
  dnsMs?: number;
  connectMs?: number;
  tlsMs?: number;
  firstByteMs?: number;
  transferMs?: number;
}

export interface AssertionOutcome {
  source: string;
  op: string;
  path?: string;
  expected?: Json;
  actual?: Json;
  ok: boolean;
  severity?: string;
}

export interface Result {
  id: string;
  checkId: string;
  location: string;
  scheduledAt: string | null;
  startedAt: string;
  finishedAt: string;
  status: ResultStatus;
  latencyMs: number;
  attempts: number;
  phases?: Phases | null;
  error?: { kind: string; message: string; hash?: string } | null;
  observed?: JsonObject | null;
  assertions?: AssertionOutcome[];
}

/** What lists say of a result. */
export type BriefResult = Pick<Result, "id" | "startedAt" | "finishedAt" | "status" | "latencyMs" | "error">;

export interface CheckStatus {
  checkId: string;
  state: State;
  since: string | null;
  lastResult: BriefResult | null;
  /** Oldest first, one letter a result: u up, g degraded, d down, n unknown, m missed. */
  strip: string;
  stripLatencyMs: (number | null)[];
  uptime24h: number | null;
}

export interface Missed {
  firstSlotAt: string;
  lastSlotAt: string;
  count: number;
  reason: string;
}

export interface History extends List<Result> {
  missed: Missed[];
}

export interface UptimeBucket {
  from: string;
  ratio: number | null;
  up: number;
  down: number;
  unknown: number;
  missed: number;
}

export interface Uptime {
  window: string;
  from: string;
  to: string;
  ratio: number | null;
  up: number;
  degraded: number;
  down: number;
  unknown: number;
  missed: number;
  coverage: number | null;
  buckets: UptimeBucket[];
}

export interface LatencyPoint {
  at: string;
  count: number;
  avgMs: number | null;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  maxMs: number | null;
  down: number;
}

export interface Latency {
  window: string;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  points: LatencyPoint[];
}

export interface Incident {
  id: string;
  checkId: string;
  checkName: string;
  state: "open" | "acknowledged" | "resolved";
  severity: string;
  startedAt: string;
  endedAt: string | null;
  openedAt: string | null;
  acknowledgedAt: string | null;
  resolvedAt: string | null;
  occurrences: number;
  suppressedBy?: string | null;
  causes?: Cause[];
  timeline?: TimelineEntry[];
}

export interface Cause {
  errorHash: string;
  kind: string;
  message: string;
  firstSeenAt: string;
  lastSeenAt: string;
  occurrences: number;
}

export interface TimelineEntry {
  id?: string;
  at: string;
  type: string;
  actor: string;
  reason?: string;
  message?: string;
}

export interface Channel {
  id: string;
  type: string;
  name: string;
  enabled: boolean;
  settings: JsonObject;
  version: number;
}

export interface Notification {
  id: string;
  incidentId: string;
  channelId: string;
  channelName: string;
  channelType: string;
  eventType: string;
  state: "waiting" | "sending" | "sent" | "dead" | "skipped";
  reason: string;
  createdAt: string;
  nextAttemptAt: string | null;
  sentAt: string | null;
  lastError: string | null;
  attempts: { at: string; durationMs: number; ok: boolean; answer: string }[];
}

export interface ProtoProblem {
  file: string;
  line: number | null;
  message: string;
  severity: string;
}

export interface ProtoService {
  name: string;
  comment?: string;
  methods: ProtoMethod[];
}

export interface ProtoMethod {
  name: string;
  inputType: string;
  outputType: string;
  /** unary, server_streaming, client_streaming, bidi_streaming. */
  kind: string;
  comment?: string;
  sampleRequest: Json;
}

export interface ProtoSet {
  id: string;
  name: string;
  version: number;
  files: string[];
  services: ProtoService[];
  warnings?: ProtoProblem[];
  createdAt: string;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  role: string;
  scopes: string[];
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

export interface Member {
  user: { id: string; email: string; name: string };
  role: string;
  addedAt: string;
}

export interface AuditEntry {
  id: string;
  at: string;
  actor: string;
  ip: string;
  action: string;
  subject: string;
  outcome: string;
}
