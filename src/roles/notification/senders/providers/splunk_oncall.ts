import { secretUrl, template } from "../fields.ts";
import { provider } from "../provider.ts";

const opened = { critical: "CRITICAL", warning: "WARNING", info: "INFO" };

export const splunkOncall = provider({
  title: "Splunk On-Call",
  group: "on-call",
  docs: "https://help.splunk.com/splunk-observability-cloud/splunk-on-call/integrations-with-splunk-on-call/rest-endpoint-integration-for-splunk-on-call",
  machine: true,
  fields: {
    url: secretUrl("REST endpoint", "a URL with its routing key, such as https://alert.victorops.com/integrations/generic/20131114/alert/…/database", {
      example: "https://alert.victorops.com/integrations/generic/20131114/alert/…/database",
    }),
    template,
  },
  escape: "plain",
  text: "body",
  longest: { title: 250, text: 20_000 },
  request: (told, { url }) => ({
    url,
    json: {
      message_type: told.state === "opened" ? opened[told.severity] : told.state === "resolved" ? "RECOVERY" : "ACKNOWLEDGEMENT",
      entity_id: told.key,
      entity_display_name: told.title,
      state_message: told.text,
      state_start_time: Math.floor(Date.parse(told.startedAt) / 1_000),
      timestamp: Math.floor(Date.parse(told.at) / 1_000),
      monitoring_tool: "UptimePing",
      "vo_annotate.u.Incident": told.links.incident,
    },
  }),
  reads: ({ json }) => (json["result"] === "failure" ? "refused" : undefined),
});
