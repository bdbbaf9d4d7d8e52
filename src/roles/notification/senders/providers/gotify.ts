import { below } from "../address.ts";
import { secret, template, url } from "../fields.ts";
import { provider } from "../provider.ts";

const priorities = { critical: 8, warning: 6, info: 4 };

export const gotify = provider({
  title: "Gotify",
  group: "push",
  docs: "https://gotify.net/docs/pushmsg",
  machine: false,
  fields: {
    url: url("Server", "the http or https URL of a Gotify server", { example: "https://gotify.example" }),
    appToken: secret("Application token", "the token of an application"),
    template,
  },
  escape: "plain",
  text: "body",
  longest: { title: 200, text: 10_000 },
  request(told, { url: server, appToken }) {
    const click = told.links.incident ?? told.links.check;
    return {
      url: below(server, "/message"),
      headers: { "x-gotify-key": appToken },
      json: {
        title: told.title,
        message: told.text,
        priority: told.state === "opened" ? priorities[told.severity] : 4,
        extras: click === undefined ? undefined : { "client::notification": { click: { url: click } } },
      },
    };
  },
});
