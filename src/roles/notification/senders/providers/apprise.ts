import { below, path } from "../address.ts";
import { optional, template, secret, text, url } from "../fields.ts";
import { provider } from "../provider.ts";

const types = { critical: "failure", warning: "warning", info: "info" };

export const apprise = provider({
  title: "Apprise API",
  group: "generic",
  docs: "https://github.com/caronc/apprise-api#persistent-stateful-storage-solution",
  machine: false,
  fields: {
    url: url("Server", "the http or https URL of an Apprise API", { example: "http://apprise.example:8000" }),
    key: secret("Configuration key", "a configuration key of 1 to 128 letters, digits, _ and -", { max: 128, pattern: /^[\w-]+$/ }),
    tag: optional(text("Tag", "a tag such as ops", { max: 200, more: true, example: "ops" })),
    template,
  },
  escape: "plain",
  text: "body",
  longest: { title: 250, text: 10_000 },
  request: (told, { url: server, key, tag }) => ({
    url: below(server, path`/notify/${key}`),
    json: { title: told.title, body: told.text, type: told.state === "opened" ? types[told.severity] : told.state === "resolved" ? "success" : "info", format: "text", tag },
  }),
  reads({ status }) {
    // Nothing is configured under this key; a service behind it failed.
    if (status === 204) return "refused";
    return status === 424 ? { afterSeconds: undefined } : undefined;
  },
});
