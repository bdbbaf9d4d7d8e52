/** What a template sees, and an example of it: templates are tried on this when they are saved, previewed and tested. */
import type { JsonObject } from "@bufbuild/protobuf";
import { iso } from "#kernel/clock";
import type { EventData } from "../event_data.ts";
import { titleNames } from "./locales/locale.ts";
import { linesOf, reportOf, type Wording } from "./report.ts";
import type { LocaleName } from "./words.ts";

export interface TemplateContext extends EventData {
  type: string;
  timestamp: string;
  /** One line that says what happened. */
  title: string;
  /** What is known, a line for each fact, in the language of the channel. */
  body: string;
  /** The same as `incident`, `check`, `result` and `message`, in one value: what a webhook sends without a template. */
  data: EventData;
}

/** The context of one message. */
export function contextOf(type: string, atMs: number, data: EventData, wording: Wording = { locale: "en" }): TemplateContext {
  const report = reportOf({ type, atMs, data }, wording);
  const body = [...linesOf(report), ...report.links.map(({ label, url }) => `${label}: ${url}`)].join("\n");
  return { type, timestamp: iso(atMs), title: report.title, body, ...data, data };
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
    locations: ["default"],
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

const base = "https://status.example";

/** Not in `sampleData`, which goes out with test messages: there a link would lead nowhere. */
const sampleLinks = {
  incident: `${base}/incidents/${sampleData.incident!.id}`,
  check: `${base}/checks/${sampleData.incident!["checkId"] as string}`,
  acknowledge: `${base}/ack/sample`,
};

/** A degraded check is a kind of title, not of event. */
export const sampleEvents = titleNames.filter((name) => name !== "incident.degraded");
export type SampleEvent = (typeof sampleEvents)[number];

/** An example of each kind of event, in a language. */
export function sampleOf(event: SampleEvent, locale: LocaleName): TemplateContext {
  const nowMs = Date.parse(at) + 200_000;
  return contextOf(event, nowMs, { ...sampleDataOf(event), links: sampleLinks }, { locale });
}

function sampleDataOf(event: SampleEvent): EventData {
  const { incident, check, result } = sampleData;
  const incidentWith = (change: JsonObject): EventData => ({ incident: { ...incident!, ...change }, check: check!, result: result!, reason: reasons[event] ?? "" });
  switch (event) {
    case "message":
    case "test":
    case "platform.notice":
      return { message: { subject: "Moving day", text: "The shop is closed from noon to one." } };
    case "incidents.grouped":
    case "digest":
      return { reason: "failure_threshold_reached", group: { count: sampleItems.length, items: sampleItems } };
    case "incident.resolved":
      return { ...incidentWith({ state: "resolved", endedAt: "2026-01-31T12:03:00.000Z", resolvedAt: "2026-01-31T12:03:20.000Z" }), result: { ...result!, status: "up", error: null } };
    case "incident.acknowledged":
      return incidentWith({ state: "acknowledged", acknowledgedAt: "2026-01-31T12:03:20.000Z" });
    default:
      return incidentWith({});
  }
}

const reasons: Partial<Record<SampleEvent, string>> = {
  "incident.opened": "failure_threshold_reached",
  "incident.resolved": "recovery_threshold_reached",
};

const sampleItems = ["Shop", "Search"].map((checkName, index) => ({
  title: `${checkName} is down`,
  incidentId: sampleData.incident!.id,
  checkId: sampleData.check!["id"] as string,
  checkName,
  state: "open",
  severity: "critical",
  reason: ["status 503, expected 200-299", "no answer within 10 s"][index]!,
  startedAt: at,
}));

export const sampleContext: TemplateContext = sampleOf("incident.opened", "en");
