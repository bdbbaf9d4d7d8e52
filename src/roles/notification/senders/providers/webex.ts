import { bearer, below } from "../address.ts";
import { apiUrl, secret, template, text } from "../fields.ts";
import { provider } from "../provider.ts";

export const webex = provider({
  title: "Webex",
  group: "chat",
  docs: "https://developer.webex.com/docs/api/v1/messages/create-a-message",
  machine: false,
  fields: {
    botToken: secret("Bot token", "an access token of a bot"),
    roomId: text("Space", "the id of a space", { max: 200, pattern: /^[A-Za-z0-9_=-]+$/, example: "Y2lzY29zcGFyazovL3Vz…" }),
    apiUrl: apiUrl("https://webexapis.com"),
    template,
  },
  escape: "plain",
  text: "long",
  longest: { text: 7_439, bytes: true },
  // As text and not as markdown, which knows <@all>.
  request: (told, { botToken, roomId, apiUrl: base = "https://webexapis.com" }) => ({
    url: below(base, "/v1/messages"),
    headers: bearer(botToken),
    json: { roomId, text: told.text },
  }),
});
