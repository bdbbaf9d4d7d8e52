import { below } from "../address.ts";
import { secret, template, url, withInitial } from "../fields.ts";
import { provider } from "../provider.ts";

const levels = { critical: "timeSensitive", warning: "timeSensitive", info: "active" };

export const bark = provider({
  title: "Bark",
  group: "push",
  docs: "https://github.com/Finb/bark-server/blob/master/docs/API_V2.md",
  machine: false,
  fields: {
    url: withInitial(url("Server", "the http or https URL of a Bark server", { example: "https://api.day.app" }), "https://api.day.app"),
    deviceKey: secret("Device key", "the key that the app shows"),
    template,
  },
  escape: "plain",
  text: "body",
  // Apple carries 4 kB in all.
  longest: { title: 200, text: 2_500, bytes: true },
  request: (told, { url: server, deviceKey }) => ({
    url: below(server, "/push"),
    json: {
      device_key: deviceKey,
      title: told.title,
      body: told.text,
      level: told.state === "opened" ? levels[told.severity] : "active",
      group: "UptimePing",
      url: told.links.incident ?? told.links.check,
    },
  }),
  reads: ({ status, json }) => (status === 200 && typeof json["code"] === "number" && json["code"] !== 200 ? "refused" : undefined),
});
