import { headers, template, url } from "../fields.ts";
import { provider } from "../provider.ts";

/** A flat document, for tools that dislike deep ones. */
export const json = provider({
  title: "Node-RED, n8n and the like",
  group: "generic",
  docs: "https://cookbook.nodered.org/http/post-json-to-a-flow",
  machine: true,
  fields: {
    url: url("URL", "an http or https URL without a user in it, such as http://nodered.example:1880/uptime", { example: "http://nodered.example:1880/uptime" }),
    headers,
    template,
  },
  escape: "plain",
  text: "body",
  longest: { title: 250, text: 20_000 },
  request: (told, { url: target, headers: own }) => ({
    url: target,
    headers: own ?? {},
    json: {
      id: told.id,
      event: told.type,
      state: told.state,
      severity: told.severity,
      title: told.title,
      text: told.text,
      check: told.source,
      incidentId: told.incidentId,
      startedAt: told.startedAt,
      resolvedAt: told.resolvedAt ?? null,
      at: told.at,
      url: told.links.incident ?? null,
      acknowledgeUrl: told.links.acknowledge ?? null,
      tags: told.tags,
    },
  }),
});
