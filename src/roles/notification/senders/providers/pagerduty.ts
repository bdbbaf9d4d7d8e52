import { below } from "../address.ts";
import { apiUrl, secret, template } from "../fields.ts";
import { provider } from "../provider.ts";

const actions = { opened: "trigger", acknowledged: "acknowledge", resolved: "resolve" };

/** One incident of ours is one alert of theirs: its id is the dedup key. */
export const pagerduty = provider({
  title: "PagerDuty",
  group: "on-call",
  docs: "https://developer.pagerduty.com/docs/send-alert-event",
  machine: true,
  fields: {
    routingKey: secret("Integration key", "the integration key of an Events API v2 integration: 32 letters and digits", { pattern: /^[A-Za-z0-9]{32}$/ }),
    apiUrl: apiUrl("https://events.pagerduty.com"),
    template,
  },
  escape: "plain",
  text: "body",
  longest: { title: 1_024, text: 20_000 },
  request: (told, { routingKey, apiUrl: base = "https://events.pagerduty.com" }) => ({
    url: below(base, "/v2/enqueue"),
    json: {
      routing_key: routingKey,
      event_action: actions[told.state],
      dedup_key: told.key,
      payload: {
        summary: told.title,
        source: told.source,
        severity: told.severity,
        timestamp: told.at,
        custom_details: { text: told.text, incident_id: told.incidentId, ...told.tags },
      },
      client: "UptimePing",
      client_url: told.links.incident,
      links: told.links.check === undefined ? undefined : [{ href: told.links.check, text: told.source }],
    },
  }),
});
