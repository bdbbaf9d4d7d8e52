import { t } from "../i18n.ts";
import { certificate, host, ipFamily, startTls } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { certificateDays, code, number, set, text, timed } from "./sources.ts";

export const tls: Kind = {
  about: t("A certificate is trusted, and lasts long enough"),
  fields: [
    host("shop.example"),
    { pointer: "/target/port", label: t("Port"), kind: "number", placeholder: "443" },
    { ...startTls, more: false },
    { pointer: "/target/protocols", label: t("Protocols (ALPN)"), kind: "list", placeholder: "h2, http/1.1", hint: t("Offered in this order"), more: true },
    ipFamily,
    ...certificate(),
  ],
  sources: [
    certificateDays,
    { ...number("chain_days", t("Days left in the whole chain"), "gte", "14"), severity: "degraded" },
    set("subject_alt_names", t("Names of the certificate")),
    text("issuer", t("Issuer")),
    { ...code("tls_version", t("TLS version"), "gte", "1.2"), code: false },
    text("cipher", t("Cipher")),
    ...timed,
  ],
  standard: t("Without any, a trusted chain is up, and degraded in its last 14 days."),
};
