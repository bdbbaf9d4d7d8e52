import { t } from "../i18n.ts";
import { certificate, headers, ipFamily, steps } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { certified, header, httpStatus, json, text } from "./sources.ts";

export const websocket: Kind = {
  about: t("A handshake succeeds, and messages get answers"),
  fields: [
    { pointer: "/target/url", label: t("URL"), kind: "text", required: true, placeholder: "wss://chat.example/live", wide: true },
    { ...steps(t("Messages"), '[{ "send": "{\\"type\\":\\"ping\\"}", "expect": { "text": "pong" } }]'), more: false },
    { pointer: "/target/subprotocols", label: t("Subprotocols"), kind: "list", placeholder: "chat.v2, chat.v1", hint: t("Offered in this order"), more: true },
    headers,
    ipFamily,
    ...certificate(),
  ],
  sources: [text("message", t("Last message")), json, text("subprotocol", t("Subprotocol"), "eq"), { ...httpStatus, op: "eq", value: "101" }, header, ...certified],
  standard: t("Without any, a handshake is up."),
};
