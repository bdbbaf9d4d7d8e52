import { filledJson, filledForm, filledUrl, isJson } from "../filling.ts";
import { choice, headers, optional, phoneNumbers, secretUrl, template, text, withInitial } from "../fields.ts";
import { provider } from "../provider.ts";

export const smsGateway = provider({
  title: "SMS (any gateway)",
  group: "sms",
  docs: "https://www.rfc-editor.org/rfc/rfc9110",
  machine: false,
  fields: {
    url: secretUrl("URL", "an http or https URL; {to} and {text} may stand in its path and query", {
      isRight: (value) => !/[{}]|%7b/i.test(new URL(value).host),
      example: "https://sms.example/send?to={to}&text={text}",
      help: "{to} and {text} stand for the recipient and the message",
    }),
    method: withInitial(choice<"POST" | "PUT" | "GET">("Method", ["POST", "PUT", "GET"]), "POST"),
    json: optional(text("JSON body", 'a JSON document such as {"to":"{to}","message":"{text}"}', { max: 4_000, isRight: isJson, example: '{"to":"{to}","message":"{text}"}' })),
    form: optional(text("Form body", "fields of a form such as to={to}&message={text}", { max: 4_000, example: "to={to}&message={text}" })),
    headers,
    to: phoneNumbers,
    template,
  },
  escape: "plain",
  text: "sms",
  longest: { text: 1_000 },
  each: "to",
  request(told, { url, method, json, form, headers: own }) {
    const values = { to: told.to, text: told.text };
    const body = method === "GET" ? {} : json !== undefined ? { json: filledJson(json, values) } : form !== undefined ? { form: filledForm(form, values) } : {};
    return { method, url: filledUrl(url, values), headers: own ?? {}, ...body };
  },
});
