/** Fields that several kinds of check share. */
import type { Condition, Field } from "../fields.ts";
import { t } from "../i18n.ts";

function whenAuth(...types: string[]): { more: true; when: Condition } {
  return { more: true, when: { pointer: "/target/auth/type", is: types } };
}

const authorisation: readonly Field[] = [
  {
    pointer: "/target/auth/type",
    label: t("Authorisation"),
    kind: "choice",
    choices: [["", t("None")], ["basic", t("User and password")], ["bearer", t("Bearer token")], ["oauth2", t("OAuth 2 client")]],
    more: true,
  },
  { pointer: "/target/auth/username", label: t("User"), kind: "text", ...whenAuth("basic") },
  { pointer: "/target/auth/password", label: t("Password"), kind: "secret", ...whenAuth("basic") },
  { pointer: "/target/auth/token", label: t("Token"), kind: "secret", ...whenAuth("bearer") },
  { pointer: "/target/auth/tokenUrl", label: t("Token URL"), kind: "text", ...whenAuth("oauth2") },
  { pointer: "/target/auth/clientId", label: t("Client id"), kind: "text", ...whenAuth("oauth2") },
  { pointer: "/target/auth/clientSecret", label: t("Client secret"), kind: "secret", ...whenAuth("oauth2") },
  { pointer: "/target/auth/scopes", label: t("Scopes"), kind: "list", ...whenAuth("oauth2") },
];

export const ipFamily: Field = { pointer: "/target/ipFamily", label: t("Internet protocol"), kind: "choice", choices: [["", t("Any")], ["4", t("IPv4 only")], ["6", t("IPv6 only")]], more: true };

/** How a certificate is looked at; `when` for kinds that switch TLS on by a field. */
export function certificate(when?: Field["when"]): readonly Field[] {
  const shared = { more: true, ...(when && { when }) };
  const pem = { kind: "area", wide: true, ...shared } as const;
  return [
    { pointer: "/target/tls/serverName", label: t("Server name"), kind: "text", hint: t("For SNI and the certificate; empty is the host"), ...shared },
    { pointer: "/target/tls/minVersion", label: t("TLS version at least"), kind: "choice", choices: [["", t("As usual")], ["1.0", "1.0"], ["1.1", "1.1"], ["1.2", "1.2"], ["1.3", "1.3"]], ...shared },
    { pointer: "/target/tls/skipVerify", label: t("Accept any certificate"), kind: "flag", hint: t("An expired or foreign certificate is then not a failure"), ...shared },
    { pointer: "/target/tls/caPem", label: t("Trusted certificates"), placeholder: "-----BEGIN CERTIFICATE-----", hint: t("PEM, of your own authority; empty trusts the usual ones"), ...pem },
    { pointer: "/target/tls/certPem", label: t("Client certificate"), placeholder: "-----BEGIN CERTIFICATE-----", hint: t("PEM, for servers that ask who comes; goes with its key"), ...pem },
    { pointer: "/target/tls/keyPem", label: t("Client key"), placeholder: "-----BEGIN PRIVATE KEY-----", hint: t("PEM; kept sealed and never shown again"), ...pem },
  ];
}

export const overHttp: readonly Field[] = [
  ...authorisation,
  {
    pointer: "/target/httpVersion",
    label: t("HTTP version"),
    kind: "choice",
    choices: [["", "1.1"], ["2", "2"], ["auto", t("2 where the server offers it")]],
    more: true,
  },
  { pointer: "/target/followRedirects", label: t("Follow redirects"), kind: "flag", initial: true, more: true },
  { pointer: "/target/maxRedirects", label: t("Redirects at most"), kind: "number", placeholder: "10", more: true, when: { pointer: "/target/followRedirects", is: ["true"] } },
  ipFamily,
  ...certificate(),
];

export const host = (placeholder: string): Field => ({ pointer: "/target/host", label: t("Host"), kind: "text", required: true, placeholder });
export const headers: Field = { pointer: "/target/headers", label: t("Headers"), kind: "pairs", more: true, wide: true };
export const encrypted: Condition = { pointer: "/target/tls", is: ["true"] };

export const startTls: Field = {
  pointer: "/target/starttls",
  label: t("STARTTLS"),
  kind: "choice",
  choices: [["", t("No")], ["smtp", "SMTP"], ["imap", "IMAP"], ["pop3", "POP3"], ["ftp", "FTP"], ["ldap", "LDAP"], ["postgres", "PostgreSQL"], ["mysql", "MySQL"], ["xmpp", "XMPP"]],
  hint: t("Begins in plain text, then turns to TLS"),
  more: true,
};

export function steps(label: string, placeholder: string): Field {
  return { pointer: "/target/steps", label, kind: "json", more: true, wide: true, placeholder, hint: t("Steps, each with send (or sendHex) and expect: { text } or { regex } or { bytesHex }") };
}
