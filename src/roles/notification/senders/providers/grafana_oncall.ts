import { secretUrl, template } from "../fields.ts";
import { provider } from "../provider.ts";

/** Its format knows no acknowledgement. */
export const grafanaOncall = provider({
  title: "Grafana OnCall / IRM",
  group: "on-call",
  docs: "https://grafana.com/docs/oncall/latest/integrations/webhook/",
  machine: true,
  fields: {
    url: secretUrl("Integration URL", "the URL of a formatted webhook integration, such as https://oncall.example/integrations/v1/formatted_webhook/…", {
      example: "https://oncall.example/integrations/v1/formatted_webhook/…",
    }),
    template,
  },
  escape: "markdown",
  text: "body",
  longest: { title: 250, text: 10_000 },
  request: (told, { url }) =>
    told.state === "acknowledged"
      ? { nothing: "Grafana OnCall takes no acknowledgements" }
      : {
          url,
          json: {
            alert_uid: told.key,
            title: told.title,
            state: told.state === "resolved" ? "ok" : "alerting",
            message: told.text,
            link_to_upstream_details: told.links.incident,
          },
        },
});
