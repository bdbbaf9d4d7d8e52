import { bearer, below, path } from "../address.ts";
import { apiUrl, secret, template, text } from "../fields.ts";
import { provider } from "../provider.ts";

/** Its alert events know no acknowledgement. */
export const incidentIo = provider({
  title: "incident.io",
  group: "on-call",
  docs: "https://api-docs.incident.io/tag/Alert-Events-V2/",
  machine: true,
  fields: {
    sourceId: text("Alert source id", "the id of an HTTP alert source such as 01GW2G3V0S59R238FAHPDS1R66", { max: 26, pattern: /^[0-9A-Za-z]{26}$/, example: "01GW2G3V0S59R238FAHPDS1R66" }),
    token: secret("Token", "the token of the alert source"),
    apiUrl: apiUrl("https://api.incident.io"),
    template,
  },
  escape: "markdown",
  text: "body",
  longest: { title: 250, text: 10_000 },
  request: (told, { sourceId, token, apiUrl: base = "https://api.incident.io" }) =>
    told.state === "acknowledged"
      ? { nothing: "incident.io takes no acknowledgements" }
      : {
          url: below(base, path`/v2/alert_events/http/${sourceId}`),
          headers: bearer(token),
          json: {
            title: told.title,
            description: told.text,
            deduplication_key: told.key,
            status: told.state === "resolved" ? "resolved" : "firing",
            source_url: told.links.incident,
            metadata: { severity: told.severity, source: told.source, ...told.tags },
          },
        },
});
