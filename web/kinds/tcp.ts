import { t } from "../i18n.ts";
import { certificate, encrypted, host, ipFamily, startTls, steps } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { certified, text } from "./sources.ts";

export const tcp: Kind = {
  about: t("A port takes connections, and says what it should"),
  fields: [
    host("db.example"),
    { pointer: "/target/port", label: t("Port"), kind: "number", required: true, placeholder: "5432" },
    { pointer: "/target/tls", label: t("TLS"), kind: "flag" },
    startTls,
    steps(t("Dialogue"), '[{ "send": "PING\\r\\n", "expect": { "text": "PONG" } }]'),
    ipFamily,
    ...certificate(encrypted),
  ],
  sources: [text("banner", t("Answer")), ...certified],
  standard: t("Without any, a connection is up."),
};
