import { bearer, below, path } from "../address.ts";
import { secret, template, text, url, withInitial } from "../fields.ts";
import { provider } from "../provider.ts";

export const homeAssistant = provider({
  title: "Home Assistant",
  group: "push",
  docs: "https://developers.home-assistant.io/docs/api/rest/",
  machine: false,
  fields: {
    url: url("Address", "the http or https URL of Home Assistant", { example: "http://homeassistant.example:8123" }),
    accessToken: secret("Access token", "a long-lived access token"),
    service: withInitial(text("Notify service", "the name of a notify service: letters, digits and _", { max: 100, pattern: /^[A-Za-z0-9_]+$/, example: "mobile_app_phone" }), "notify"),
    template,
  },
  escape: "plain",
  text: "body",
  longest: { title: 200, text: 4_000 },
  request: (told, { url: base, accessToken, service }) => ({
    url: below(base, path`/api/services/notify/${service}`),
    headers: bearer(accessToken),
    // The tag lets a later message about the incident take the place of the earlier one.
    json: { title: told.title, message: told.text, data: { tag: told.key, url: told.links.incident ?? told.links.check } },
  }),
});
