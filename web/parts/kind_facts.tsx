/** What matters most of a target's kind, as its newest whole result says. */
import { ago, exactTime, happened } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { isObject } from "../pointer.ts";
import { useNow } from "../store.ts";
import type { JsonObject, Result } from "../types.ts";
import { daysLeft } from "./last_result.tsx";

export function KindFacts({ result }: { result: Result | null | undefined }) {
  const now = useNow();
  const observed: JsonObject = result?.observed ?? {};
  const { certificate, servingStatus, lastSuccessAt, nextExpectedAt } = observed;
  const days = isObject(certificate) ? daysLeft(certificate["daysLeft"]) : undefined;
  return (
    <>
      {days !== undefined && (
        <div>
          <dt>{t("Certificate")}</dt>
          <dd class={days < 0 ? "tone-down" : days < 14 ? "tone-degraded" : undefined}>{days < 0 ? plural(-days, "ended {count} day ago", "ended {count} days ago") : plural(days, "{count} day left", "{count} days left")}</dd>
        </div>
      )}
      {typeof servingStatus === "string" && (
        <div>
          <dt>{t("Serving status")}</dt>
          <dd>{servingStatus}</dd>
        </div>
      )}
      {typeof lastSuccessAt === "string" && (
        <div>
          <dt>{t("Last success")}</dt>
          <dd title={exactTime(lastSuccessAt)}>{happened(lastSuccessAt, now)}</dd>
        </div>
      )}
      {typeof nextExpectedAt === "string" && (
        <div>
          <dt>{t("Next expected")}</dt>
          <dd title={exactTime(nextExpectedAt)}>{Date.parse(nextExpectedAt) > now ? ago(nextExpectedAt, now) : t("{when}, not come yet", { when: ago(nextExpectedAt, now) })}</dd>
        </div>
      )}
    </>
  );
}
