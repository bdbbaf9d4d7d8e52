import { below, path } from "../address.ts";
import { apiUrl, secret, template } from "../fields.ts";
import { provider } from "../provider.ts";

export const serverchan = provider({
  title: "ServerChan",
  group: "push",
  docs: "https://sct.ftqq.com/",
  machine: false,
  fields: {
    sendKey: secret("Send key", "a send key such as SCT…", { max: 100, pattern: /^[A-Za-z0-9]+$/ }),
    apiUrl: apiUrl("https://sctapi.ftqq.com"),
    template,
  },
  escape: "markdown",
  text: "body",
  longest: { title: 32, text: 32_000, bytes: true },
  request: (told, { sendKey, apiUrl: base = "https://sctapi.ftqq.com" }) => ({
    url: below(base, path`/${sendKey}.send`),
    form: { title: told.title, desp: told.text },
  }),
  reads: ({ status, json }) => (status === 200 && typeof json["code"] === "number" && json["code"] !== 0 ? "refused" : undefined),
});
