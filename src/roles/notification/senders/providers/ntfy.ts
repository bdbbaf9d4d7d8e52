import { bearer } from "../address.ts";
import { optional, secret, template, text, url, withInitial } from "../fields.ts";
import { provider } from "../provider.ts";

const priorities = { critical: 5, warning: 4, info: 3 };
const tags = { opened: "rotating_light", acknowledged: "eyes", resolved: "white_check_mark" };

export const ntfy = provider({
  title: "ntfy",
  group: "push",
  docs: "https://docs.ntfy.sh/publish/#publish-as-json",
  machine: false,
  fields: {
    url: withInitial(url("Server", "the http or https URL of an ntfy server", { example: "https://ntfy.sh" }), "https://ntfy.sh"),
    topic: text("Topic", "a topic of letters, digits, _ and -", { max: 64, pattern: /^[-_A-Za-z0-9]+$/, example: "ops-7f3a" }),
    token: optional(secret("Access token", "an access token such as tk_…", { help: "For a topic that not everybody may write to" })),
    template,
  },
  escape: "plain",
  text: "body",
  // A longer one becomes an attachment.
  longest: { title: 250, text: 4_000, bytes: true },
  request: (told, { url: server, topic, token }) => ({
    url: server,
    headers: token === undefined ? {} : bearer(token),
    json: {
      topic,
      title: told.title,
      message: told.text,
      priority: told.state === "opened" ? priorities[told.severity] : 3,
      tags: [tags[told.state]],
      click: told.links.incident ?? told.links.check,
      actions: told.state === "opened" && told.links.acknowledge !== undefined ? [{ action: "view", label: "Acknowledge", url: told.links.acknowledge }] : undefined,
    },
  }),
});
