import { bearer, below, path } from "../address.ts";
import { secret, template, text, url } from "../fields.ts";
import { provider } from "../provider.ts";

/** The transaction id is the message's own: a homeserver drops what it has already. */
export const matrix = provider({
  title: "Matrix",
  group: "chat",
  docs: "https://spec.matrix.org/latest/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid",
  machine: false,
  fields: {
    url: url("Homeserver", "the http or https URL of a homeserver", { example: "https://matrix.example" }),
    roomId: text("Room", "a room id such as !abc123:matrix.example", { max: 255, pattern: /^![^\s/]+$/, example: "!abc123:matrix.example" }),
    accessToken: secret("Access token", "an access token of the account that sends"),
    template,
  },
  escape: "plain",
  text: "long",
  // An event may have 64 kB.
  longest: { text: 20_000, bytes: true },
  request: (told, { url: homeserver, roomId, accessToken }) => ({
    method: "PUT",
    url: below(homeserver, path`/_matrix/client/v3/rooms/${roomId}/send/m.room.message/${told.id}`),
    headers: bearer(accessToken),
    // Empty mentions: names in the text ping nobody.
    json: { msgtype: "m.text", body: told.text, "m.mentions": {} },
  }),
  reads: ({ status, json }) => (status === 429 && typeof json["retry_after_ms"] === "number" ? { afterSeconds: json["retry_after_ms"] / 1_000 } : undefined),
});
