import { t } from "../i18n.ts";
import { headers, overHttp } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { body, bodyBytes, certified, header, httpStatus, json, named, text } from "./sources.ts";

export const http: Kind = {
  about: t("A page or an API answers, with the right status, text or JSON"),
  fields: [
    { pointer: "/target/url", label: t("URL"), kind: "text", required: true, placeholder: "https://shop.example/health", wide: true },
    { pointer: "/target/method", label: t("Method"), kind: "choice", choices: named("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"), initial: "GET" },
    headers,
    { pointer: "/target/body", label: t("Body"), kind: "area", wide: true, when: { pointer: "/target/method", is: ["POST", "PUT", "PATCH", "DELETE"] } },
    ...overHttp,
  ],
  sources: [httpStatus, body, json, header, text("redirect_url", t("Redirect target"), "eq"), bodyBytes, ...certified],
  standard: t("Without any, a status of 200–299 is up."),
};
