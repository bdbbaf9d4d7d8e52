import { below } from "../address.ts";
import { apiUrl, choice, optional, secret, template, text } from "../fields.ts";
import { provider } from "../provider.ts";

const priorities = { critical: "1", warning: "0", info: "0" };

export const pushover = provider({
  title: "Pushover",
  group: "push",
  docs: "https://pushover.net/api",
  machine: false,
  fields: {
    appToken: secret("Application token", "an application's token: 30 letters and digits", { pattern: /^[A-Za-z0-9]{30}$/ }),
    userKey: secret("User or group key", "a user's or group's key: 30 letters and digits", { pattern: /^[A-Za-z0-9]{30}$/ }),
    device: optional(text("Device", "a device's name of at most 25 letters, digits, _ and -", { max: 25, pattern: /^[A-Za-z0-9_-]+$/, more: true, help: "Empty: all" })),
    critical: optional(choice("Critical incidents", ["high", "emergency"], { more: true, help: "An emergency repeats every minute, for an hour, until somebody confirms" })),
    apiUrl: apiUrl("https://api.pushover.net"),
    template,
  },
  escape: "plain",
  text: "body",
  longest: { title: 250, text: 1_024 },
  request(told, { appToken, userKey, device, critical, apiUrl: base = "https://api.pushover.net" }) {
    const isEmergency = critical === "emergency" && told.severity === "critical" && told.state === "opened";
    const click = told.links.incident ?? told.links.check;
    return {
      url: below(base, "/1/messages.json"),
      form: {
        token: appToken,
        user: userKey,
        device,
        title: told.title,
        message: told.text,
        priority: isEmergency ? "2" : told.state === "opened" ? priorities[told.severity] : "0",
        ...(isEmergency && { retry: "60", expire: "3600" }),
        timestamp: String(Math.floor(Date.parse(told.at) / 1_000)),
        url: click === undefined || click.length > 512 ? undefined : click,
      },
    };
  },
});
