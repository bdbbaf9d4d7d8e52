/** What a template sees, and an example of it: templates are tried on this when they are saved, previewed and tested. */
import { iso } from "#kernel/clock";
import type { EventData } from "../event_data.ts";

export interface TemplateContext extends EventData {
  type: string;
  timestamp: string;
  /** One line that says what happened. */
  title: string;
  /** The same as `incident`, `check`, `result` and `message`, in one value: what a webhook sends without a template. */
  data: EventData;
}

/** The context of one message. */
export function contextOf(type: string, atMs: number, data: EventData): TemplateContext {
  return { type, timestamp: iso(atMs), title: titleOf(type, data), ...data, data };
}

const endings: Record<string, string> = {
  "incident.opened": "is down",
  "incident.reopened": "is down again",
  "incident.acknowledged": "is being looked at",
  "incident.resolved": "is up again",
  "incident.reminder": "is still down",
};

function titleOf(type: string, data: EventData): string {
  if (data.message) return data.message.subject;
  const name = data.check?.name ?? data.incident?.checkName ?? "A check";
  if (data.incident?.severity === "warning" && type === "incident.opened") return `${name} is degraded`;
  return `${name} ${endings[type] ?? type}`;
}

const at = "2026-01-31T12:00:00.000Z";

export const sampleData: EventData = {
  incident: {
    id: "inc_01KGA0000000000000SAMPLE00",
    checkId: "chk_01KGA0000000000000SAMPLE00",
    checkName: "Shop",
    state: "open",
    severity: "critical",
    errorHash: "5f1c0e",
    startedAt: at,
    endedAt: null,
    openedAt: "2026-01-31T12:00:30.000Z",
    acknowledgedAt: null,
    resolvedAt: null,
    occurrences: 2,
    suppressedBy: null,
    causes: [{ errorHash: "5f1c0e", kind: "http_status", message: "status 503, expected 200-299", firstSeenAt: at, lastSeenAt: at, occurrences: 2 }],
    timeline: [{ id: "tml_01KGA0000000000000SAMPLE00", at, type: "opened", actor: "system", reason: "failure_threshold_reached", message: "2 failing runs" }],
  },
  check: {
    id: "chk_01KGA0000000000000SAMPLE00",
    name: "Shop",
    type: "http",
    enabled: true,
    target: { url: "https://shop.example/health", method: "GET" },
    assertions: [{ source: "status", op: "in", value: "200-299" }],
    timeoutMs: 10_000,
    retries: 1,
    failureThreshold: 2,
    recoveryThreshold: 2,
    tags: { env: "prod" },
    dependsOn: [],
    channels: [],
    severity: null,
    version: 1,
  },
  result: {
    id: "run_01KGA0000000000000SAMPLE00",
    checkId: "chk_01KGA0000000000000SAMPLE00",
    location: "default",
    scheduledAt: at,
    startedAt: at,
    finishedAt: "2026-01-31T12:00:00.041Z",
    status: "down",
    latencyMs: 41.2,
    attempts: 2,
    phases: { dnsMs: 1.1, connectMs: 0.4, tlsMs: 12, firstByteMs: 27.1, transferMs: 0.6 },
    error: { kind: "http_status", message: "status 503, expected 200-299", hash: "5f1c0e" },
    observed: { status: 503, remoteAddress: "192.0.2.10", bodyBytes: 12 },
    assertions: [{ source: "status", op: "in", expected: "200-299", actual: 503, ok: false }],
  },
};

export const sampleContext: TemplateContext = contextOf("incident.opened", Date.parse(at), sampleData);
