import { below } from "../address.ts";
import { apiUrl, optional, secret, template, text } from "../fields.ts";
import { provider } from "../provider.ts";

export const pushbullet = provider({
  title: "Pushbullet",
  group: "push",
  docs: "https://docs.pushbullet.com/#create-push",
  machine: false,
  fields: {
    accessToken: secret("Access token", "an access token of your account"),
    channelTag: optional(text("Channel", "the tag of a channel", { max: 100, pattern: /^[A-Za-z0-9_.-]+$/, more: true, help: "Empty: all devices of the account" })),
    apiUrl: apiUrl("https://api.pushbullet.com"),
    template,
  },
  escape: "plain",
  text: "body",
  longest: { title: 250, text: 4_000 },
  request(told, { accessToken, channelTag, apiUrl: base = "https://api.pushbullet.com" }) {
    const click = told.links.incident ?? told.links.check;
    return {
      url: below(base, "/v2/pushes"),
      headers: { "access-token": accessToken },
      // The guid is what Pushbullet drops repeats by.
      json: { type: click === undefined ? "note" : "link", title: told.title, body: told.text, url: click, channel_tag: channelTag, guid: told.id },
    };
  },
});
