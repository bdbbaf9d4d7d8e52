/** What routes and silences can look at, as the choice of a condition shows it. */
import { t } from "./i18n.ts";
export const alertLabels = [
  ["name", t("name of the check")],
  ["type", t("type of the check")],
  ["checkId", t("id of the check")],
  ["severity", t("severity")],
  ["kind", t("kind of the error")],
  ["event", t("event")],
] as const;
