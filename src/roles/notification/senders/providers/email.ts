import { certificates, flag, list, number, optional, secret, template, text, withInitial } from "../fields.ts";
import type { Listing } from "../provider.ts";

const mailbox = text("Address", "an e-mail address such as ops@example.com, or Name <ops@example.com>", { isRight: isMailbox, example: "UptimePing <uptime@example.com>" });

export const email = {
  title: "E-mail",
  group: "chat",
  docs: "https://www.rfc-editor.org/rfc/rfc5321",
  machine: false,
  escape: "plain",
  fields: {
    host: text("Mail server", "the name or address of an SMTP server", {
      max: 253,
      pattern: /^[A-Za-z0-9.:_-]+$/,
      destination: true,
      portIn: "port",
      example: "smtp.example.com",
    }),
    port: withInitial(number("Port", "a port from 1 to 65535", [1, 65_535], { destination: true }), 587),
    secure: flag("TLS from the first byte", "true for TLS from the first byte, as on port 465, else false", { destination: true, more: true, help: "As on port 465" }),
    startTls: flag("Refuse a server without STARTTLS", "true to refuse a server without STARTTLS, else false", { destination: true, more: true }),
    caPem: certificates,
    user: optional(text("User", "a user name", { max: 320 })),
    password: optional(secret("Password", "a password of at most 500 characters")),
    from: { ...mailbox, label: "From" },
    to: list("To", "a list of 1 to 50 e-mail addresses", mailbox, { example: "ops@example.com" }),
    subject: { ...template, label: "Subject", help: "Handlebars; empty sends the standard one" },
    template,
  },
} satisfies Listing;

/** One mailbox. Commas, semicolons and line breaks would smuggle in a second one, or a header. */
function isMailbox(value: string): boolean {
  const found = /^[^<>"(),;:\\@\u0000-\u001f\u007f]{1,100} <([^<>]+)>$/.exec(value)?.[1] ?? value;
  return found.length <= 254 && /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(found);
}
