import { below } from "../address.ts";
import { optional, secret, template, text, url } from "../fields.ts";
import { provider } from "../provider.ts";
import type { Told } from "../told.ts";

/** Without a reminder a firing alert ends by itself, as Alertmanager expects of its clients; nothing is left behind by a lost message. */
const longestFiringMs = 24 * 3_600_000;

export const alertmanager = provider({
  title: "Alertmanager",
  group: "on-call",
  docs: "https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml",
  machine: true,
  fields: {
    url: url("Address", "the http or https URL of an Alertmanager", { example: "http://alertmanager.example:9093" }),
    username: optional(text("User", "a user name", { max: 100, pattern: /^[^:]+$/, more: true })),
    password: optional(secret("Password", "a password of at most 500 characters", { more: true })),
    template,
  },
  escape: "plain",
  text: "body",
  longest: { title: 500, text: 10_000 },
  request(told, { url: base, username = "", password }) {
    if (told.state === "acknowledged") return { nothing: "Alertmanager takes no acknowledgements" };
    const now = told.state === "resolved" ? [] : [alertOf(told, told.severity, Date.parse(told.at) + longestFiringMs)];
    // The severity is a label, and so a part of what an alert is: the one of another severity is over.
    const over = told.state === "resolved" ? (["critical", "warning"] as const) : told.type === "incident.severity_raised" ? (["warning"] as const) : [];
    const ended = over.map((severity) => alertOf(told, severity, Date.parse(told.resolvedAt ?? told.at)));
    return {
      url: below(base, "/api/v2/alerts"),
      headers: password === undefined ? {} : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` },
      json: [...now, ...ended],
    };
  },
});

/** What changes while an incident lasts is no label. */
function alertOf(told: Told, severity: Told["severity"], endsAtMs: number) {
  const tags = Object.entries(told.tags).map(([name, value]) => [labelName(name), value]);
  return {
    labels: { ...Object.fromEntries(tags), alertname: "UptimePing", incident: told.key, severity },
    annotations: { summary: told.title, description: told.text, check: told.source },
    startsAt: told.startedAt,
    endsAt: new Date(endsAtMs).toISOString(),
    generatorURL: told.links.incident ?? told.links.check,
  };
}

function labelName(name: string): string {
  return `tag_${name.replace(/[^A-Za-z0-9_]/g, "_")}`;
}
