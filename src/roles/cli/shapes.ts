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
  version: number;
  schedule: Schedule | null;
}

export interface Result {
  id: string;
  checkId: string;
  startedAt: string;
  status: string;
  latencyMs: number;
  attempts: number;
  location: string;
  error: { kind: string; message: string } | null;
}

export interface Status {
  checkId: string;
  state: string;
  since: string | null;
  lastResult: Result | null;
  strip: string;
  uptime24h: number | null;
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
  createdAt: string;
}

export interface ApiKey {
  id: string;
  name: string;
  prefix: string;
  role: string;
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
