/** The parts of a check that most people never touch, in sections by what they are about. */
import type { Draft, Field } from "./fields.ts";
import { isShown } from "./fields.ts";
import { t } from "./i18n.ts";

export interface CheckSection {
  key: string;
  title: string;
  about: string;
  holds: (pointer: string) => boolean;
}

const attempts = ["/timeoutMs", "/retries", "/retryDelayMs", "/failureThreshold", "/recoveryThreshold"];
const places = ["/locations", "/quorum"];
const isTls = (pointer: string) => pointer.startsWith("/target/tls/");

export const checkSections: readonly CheckSection[] = [
  { key: "request", title: t("How it is asked"), about: t("headers, authorisation, redirects, protocol"), holds: (pointer) => pointer.startsWith("/target/") && !isTls(pointer) },
  { key: "tls", title: t("TLS and certificates"), about: t("versions, own authorities, client certificate"), holds: isTls },
  { key: "attempts", title: t("Patience"), about: t("timeout, retries, how many failures open an incident"), holds: (pointer) => attempts.includes(pointer) },
  { key: "places", title: t("Locations"), about: t("where it runs from, and how many must agree"), holds: (pointer) => places.includes(pointer) },
  { key: "told", title: t("Who is told"), about: t("channels, severity, dependencies, tags"), holds: (pointer) => ["/severity", "/tags", "/channels", "/dependsOn"].includes(pointer) },
];

/** Labels of what is not as it would be by itself. */
export function changedIn(section: CheckSection, fields: readonly Field[], draft: Draft): string[] {
  return fields.filter((field) => field.more && section.holds(field.pointer) && isShown(field, draft) && !isAsUsual(field, draft)).map(({ label }) => label);
}

function isAsUsual({ pointer, initial }: Field, draft: Draft): boolean {
  const value = draft[pointer];
  if (value === undefined || value === initial) return true;
  return initial === undefined && (value === "" || value === false || (Array.isArray(value) && value.length === 0));
}
