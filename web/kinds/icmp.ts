import { t } from "../i18n.ts";
import { host, ipFamily } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { number, timed } from "./sources.ts";

export const icmp: Kind = {
  about: t("A host echoes, without loss and in time"),
  fields: [
    host("router.example"),
    { pointer: "/target/count", label: t("Requests a run"), kind: "number", placeholder: "3" },
    { pointer: "/target/intervalMs", label: t("Pause between them (ms)"), kind: "number", placeholder: "200", more: true },
    { pointer: "/target/size", label: t("Payload (bytes)"), kind: "number", placeholder: "56", more: true },
    ipFamily,
  ],
  sources: [
    { ...number("loss", t("Loss (%)"), "lt", "50"), severity: "degraded" },
    { ...number("rtt_avg", t("Round trip, average (ms)"), "lt", "100"), severity: "degraded" },
    number("rtt_max", t("Round trip, longest (ms)"), "lt", "500"),
    number("jitter", t("Jitter (ms)"), "lt", "30"),
    ...timed,
  ],
  standard: t("Without any, one echo is up."),
};
