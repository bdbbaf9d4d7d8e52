import type { Matcher } from "./alert_matchers.ts";

/** The parts of the API's answers that the command line shows; the rest passes through untouched. */
export interface Schedule {
  checkId: string;
  every?: string;
  cron?: string;
  timezone?: string;
  state: string;
  nextRunAt: string | null;
  lastRunAt: string | null;
}

export interface Check {
  id: string;
  name: string;
  type: string;
  enabled: boolean;
  target: Record<string, unknown>;
  tags: Record<string, string>;
  /** A server of an earlier version knows none. */
  locations?: string[];
  version: number;
  schedule: Schedule | null;
  /** Of a heartbeat, for those who may change it. */
  pingUrl?: string;
  guarantee?: { detectMs: number; alwaysToldMs: number } | null;
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

export interface Result {
  id: string;
  checkId: string;
  startedAt: string;
  status: string;
  latencyMs: number;
  attempts: number;
  location: string;
  error: ErrorText | null;
  /** A phase that did not happen is absent. */
  phases?: Partial<Record<"dnsMs" | "connectMs" | "tlsMs" | "firstByteMs" | "transferMs", number>>;
  assertions?: { source: string; op: string; path?: string; expected?: unknown; actual?: unknown; ok: boolean; severity: string }[];
  observed?: Record<string, unknown>;
  probeLagMs?: number;
  lostSyns?: number;
  attemptDetails?: { startedAt: string; latencyMs: number; status: string; error: ErrorText | null }[];
}

interface ErrorText {
  kind: string;
  message: string;
}

export interface Baseline {
  kind: string;
  hash: string;
  text: string;
  setAt: string;
}

export interface Status {
  checkId: string;
  state: string;
  since: string | null;
  lastResult: Result | null;
  strip: string;
  uptime24h: number | null;
  /** When one check is asked for. */
  locations?: LocationStatus[];
}

export interface LocationStatus {
  location: string;
  state: string;
  since: string | null;
  lastResult: Result | null;
}

export interface Location {
  location: string;
  cores: number;
  threads: number;
  checks: number;
}

export interface Uptime {
  checkId: string;
  window: string;
  ratio: number | null;
  up: number;
  degraded: number;
  down: number;
  unknown: number;
  missed: number;
  coverage: number | null;
}

export interface Incident {
  id: string;
  checkId: string;
  checkName: string;
  state: string;
  severity: string;
  startedAt: string;
  endedAt: string | null;
  occurrences: number;
  causes: { kind: string; message: string; occurrences: number }[];
  timeline?: { at: string; type: string; actor?: unknown; reason?: string }[];
}

export interface Channel {
  id: string;
  type: string;
  name: string;
  enabled: boolean;
  version: number;
}

export interface Notification {
  id: string;
  incidentId: string;
  channelName: string;
  channelType: string;
  eventType: string;
  state: string;
  reason: string;
  because?: string | null;
  createdAt: string;
  lastError: string | null;
  attempts: unknown[];
}

export interface ProtoService {
  name: string;
  methods: { name: string; kind: string }[];
}

export interface ProtoSet {
  id: string;
  name: string;
  files: string[];
  services: ProtoService[];
  warnings: { message: string }[];
  createdAt: string;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  role: string;
  /** Empty when it may do all that its role may. */
  scopes?: string[];
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  /** Only in the answer that creates it. */
  key?: string;
}

export interface SignIn {
  accessToken: string;
  refreshToken: string;
  user: { id: string; email: string; name: string };
  tenant: { id: string; name: string };
  role: string;
}

export interface MaintenanceWindow {
  id: string;
  name: string;
  enabled: boolean;
  activeUntil: string | null;
  nextStart: string | null;
  version: number;
}

export interface Silence {
  id: string;
  state: string;
  matchers: Matcher[];
  startsAt: string;
  endsAt: string;
  comment: string;
  createdBy: string;
}

export interface AlertRoute {
  id: string;
  name: string;
  position: number;
  enabled: boolean;
  matchers: Matcher[];
  channels: string[];
  continue: boolean;
  reminderEveryMs: number;
  escalation: { afterMs: number; channels: string[] }[];
  version: number;
}

export interface RouteTrial {
  routes: { id: string; name: string }[];
  channels: { id: string; name: string | null; because: string }[];
}

export interface MaintenancePreview {
  occurrences: { start: string; end: string }[];
  checkCount: number;
}

export interface StatusPage {
  id: string;
  title: string;
  slug: string;
  url: string;
  domain: string;
  published: boolean;
  protected: boolean;
  version: number;
}

export interface StatusNote {
  id: string;
  kind: string;
  title: string;
  updates: { at: string; state: string; text: string }[];
  version: number;
}

export interface StatusSubscriber {
  id: string;
  kind: string;
  address: string;
  confirmedAt: string | null;
}
