import { below, path } from "../address.ts";
import { apiUrl, secret, template } from "../fields.ts";
import { provider } from "../provider.ts";
import { cut } from "../told.ts";

const priorities = { critical: "P1", warning: "P3", info: "P5" };

/** Also Jira Service Management, which speaks the same protocol at another address. The alias is the incident's id. */
export const opsgenie = provider({
  title: "Opsgenie",
  group: "on-call",
  docs: "https://docs.opsgenie.com/docs/alert-api",
  machine: true,
  fields: {
    apiKey: secret("API key", "the key of an API integration", { max: 100 }),
    apiUrl: { ...apiUrl("https://api.opsgenie.com"), help: "Empty: https://api.opsgenie.com. In Europe https://api.eu.opsgenie.com, for Jira Service Management https://api.atlassian.com/jsm/ops/integration" },
    template,
  },
  escape: "plain",
  text: "body",
  longest: { title: 130, text: 15_000 },
  request(told, { apiKey, apiUrl: base = "https://api.opsgenie.com" }) {
    const headers = { authorization: `GenieKey ${apiKey}` };
    if (told.state !== "opened") {
      const action = told.state === "resolved" ? "close" : "acknowledge";
      return { url: below(base, `${path`/v2/alerts/${told.key}`}/${action}?identifierType=alias`), headers, json: { source: "UptimePing", note: told.title } };
    }
    return {
      url: below(base, "/v2/alerts"),
      headers,
      json: {
        message: told.title,
        alias: told.key,
        description: told.text,
        priority: priorities[told.severity],
        source: "UptimePing",
        entity: cut(told.source, 512),
        // 20 tags of 50 characters.
        tags: Object.entries(told.tags).slice(0, 20).map(([name, value]) => cut(`${name}:${value}`, 50)),
        details: { incident_id: told.incidentId, url: told.links.incident },
      },
    };
  },
});
