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
  user: { id: string; email: string; name: string; totpEnabled: boolean; createdAt?: string | null };
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
  /** Where it runs from. */
  locations: string[];
  schedule: Schedule | null;
  /** Of a heartbeat, for those who may change it. */
  pingUrl?: string;
  /** Null when it has no period. */
  guarantee?: Guarantee | null;
}

/** How soon outages are told of. */
export interface Guarantee {
  detectMs: number;
  messageMs: number;
  alwaysToldMs: number;
  neverToldMs: number;
}

export interface Ping {
  number: number;
  at: string;
  kind: string;
  exitCode: number | null;
  durationMs: number | null;
  source: string;
  body: string;
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
  /** schedule, manual or test. */
  trigger?: string;
  /** What the probe itself added; already taken off the latency. */
  probeLagMs?: number;
  /** Connection requests that the network lost; 3 means three or more. */
  lostSyns?: number;
  /** Each, when there was more than one. */
  attemptDetails?: AttemptDetail[];
}

export interface AttemptDetail {
  startedAt: string;
  latencyMs: number;
  status: ResultStatus;
  error: { kind: string; message: string } | null;
}

/** What lists say of a result. */
export type BriefResult = Pick<Result, "id" | "location" | "startedAt" | "finishedAt" | "status" | "latencyMs" | "error">;

export interface CheckStatus {
  checkId: string;
  state: State;
  since: string | null;
  lastResult: BriefResult | null;
  /** Oldest first, one letter a result: u up, g degraded, d down, n unknown, m missed. */
  strip: string;
  stripLatencyMs: (number | null)[];
  uptime24h: number | null;
  flapping?: boolean;
  locationsDown?: string[];
  locationsUp?: string[];
}

/** With all that the newest result has, which its event and the history do not carry. */
export type WholeStatus = Omit<CheckStatus, "lastResult"> & { lastResult: Result | null; locations?: LocationStatus[] };

export interface LocationStatus {
  location: string;
  state: State;
  since: string | null;
  lastResult: Result | null;
}

export interface Missed {
  firstSlotAt: string;
  lastSlotAt: string;
  count: number;
  reason: string;
  location: string;
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
  maintenance: number;
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
  maintenance: number;
  corrections: number;
  coverage: number | null;
  buckets: UptimeBucket[];
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
  /** The incident of a check that this one depends on. */
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
  locale: string;
  /** Id of the channel that is told when this one cannot deliver; "" for none. */
  fallback: string;
  enabled: boolean;
  settings: JsonObject;
  version: number;
}

/** A kind of channel, with what can be set on it. */
export interface ChannelProvider {
  type: string;
  title: string;
  group: string;
  docs: string;
  machine: boolean;
  fields: ProviderField[];
}

export interface ProviderField {
  name: string;
  label: string;
  kind: "text" | "secret" | "url" | "number" | "choice" | "list" | "boolean" | "headers" | "template" | "certificates";
  required: boolean;
  secret: boolean;
  destination: boolean;
  right: string;
  example: string;
  help: string;
  more: boolean;
  choices: string[];
  initial: Json;
}

export interface ChannelTest {
  ok: boolean;
  answer: string;
  latencyMs: number;
}

export interface Notification {
  id: string;
  incidentId: string | null;
  channelId: string;
  channelName: string;
  channelType: string;
  eventType: string;
  state: "waiting" | "sending" | "held" | "sent" | "dead" | "skipped";
  reason: string;
  /** More about the reason, for people. */
  because?: string | null;
  /** The grouped message or digest that carries it. */
  groupedInto?: string | null;
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
  /** The server that described the set; null when it was uploaded. */
  reflection?: { address: string; tls: boolean | JsonObject; offersHealth: boolean } | null;
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
  user: { id: string; email: string; name: string; totpEnabled: boolean };
  role: string;
  addedAt: string;
}

export interface AuditEntry {
  id: string;
  at: string;
  actor: string;
  actorType: string;
  ip: string;
  action: string;
  subject: string;
  outcome: string;
  detail: Json;
  requestId: string;
}

export interface Matcher {
  label: string;
  op: string;
  value: string | string[];
}

export interface MaintenanceWindow {
  id: string;
  version: number;
  name: string;
  description: string;
  enabled: boolean;
  matchers: Matcher[];
  schedule: { start?: string; end?: string; cron?: string; rrule?: string; dtstart?: string; duration?: string; timezone?: string; exdates?: string[] };
  active: boolean;
  activeUntil: string | null;
  nextStart: string | null;
  nextEnd: string | null;
}

export interface MaintenancePreview {
  occurrences: { start: string; end: string }[];
  checks: { id: string; name: string }[];
  checkCount: number;
}

export interface Correction {
  id: string;
  checkId: string;
  from: string;
  to: string;
  countAs: string;
  reason: string;
  createdBy: string;
  createdAt: string;
}
