import { basic, below, path } from "../address.ts";
import { apiUrl, phoneNumbers, secret, template, text } from "../fields.ts";
import { provider } from "../provider.ts";

export const twilio = provider({
  title: "SMS (Twilio)",
  group: "sms",
  docs: "https://www.twilio.com/docs/messaging/api/message-resource",
  machine: false,
  fields: {
    accountSid: text("Account SID", "an account SID such as AC0123…", { max: 64, pattern: /^[A-Za-z0-9]+$/ }),
    authToken: secret("Auth token", "the account's auth token"),
    from: text("From", "a phone number such as +15551234567, or a sender id of at most 11 letters", { max: 16, example: "+15005550006" }),
    to: phoneNumbers,
    apiUrl: apiUrl("https://api.twilio.com", "the http or https URL of a Twilio API"),
    template,
  },
  escape: "plain",
  text: "sms",
  // Twilio refuses a longer one.
  longest: { text: 1_600 },
  each: "to",
  request: (told, { apiUrl: base = "https://api.twilio.com", accountSid, authToken, from }) => ({
    url: below(base, path`/2010-04-01/Accounts/${accountSid}/Messages.json`),
    headers: basic(accountSid, authToken),
    form: { To: told.to, From: from, Body: told.text },
  }),
});
