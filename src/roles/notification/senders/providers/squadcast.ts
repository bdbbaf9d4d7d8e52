import { secretUrl, template } from "../fields.ts";
import { provider } from "../provider.ts";

const priorities = { critical: "P1", warning: "P3", info: "P5" };

/** Its format knows no acknowledgement. */
export const squadcast = provider({
  title: "Squadcast",
  group: "on-call",
  docs: "https://support.squadcast.com/integrations/incident-webhook-incident-webhook-api",
  machine: true,
  fields: {
    url: secretUrl("Incident webhook", "an incident webhook URL such as https://api.squadcast.com/v2/incidents/api/…", { example: "https://api.squadcast.com/v2/incidents/api/…" }),
    template,
  },
  escape: "markdown",
  text: "body",
  longest: { title: 250, text: 10_000 },
  request(told, { url }) {
    if (told.state === "acknowledged") return { nothing: "Squadcast takes no acknowledgements" };
    if (told.state === "resolved") return { url, json: { status: "resolve", event_id: told.key } };
    const tags = { severity: told.severity, ...told.tags };
    return { url, json: { status: "trigger", event_id: told.key, message: told.title, description: told.text, priority: priorities[told.severity], tags } };
  },
});
