/** What the newest run saw: its phases, what every assertion found, and the certificates by themselves. */
import { exactTime, happened } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { isObject } from "../pointer.ts";
import { CertificateChain } from "../result/certificate_chain.tsx";
import { ResultDetails } from "../result/result_details.tsx";
import { useNow } from "../store.ts";
import type { Result } from "../types.ts";
import { Card } from "./page.tsx";
import { StateBadge } from "./state_badge.tsx";

export function LastResult({ result }: { result: Result }) {
  const now = useNow();
  const { certificate: _certificate, ...observed } = result.observed ?? {};
  return (
    <Card
      title={t("Last result")}
      aside={
        <span class="quiet" title={exactTime(result.startedAt)}>
          <StateBadge state={result.status} /> {happened(result.finishedAt, now)}
        </span>
      }
    >
      <ResultDetails result={{ ...result, observed }} />
    </Card>
  );
}

/** Nothing without TLS. */
export function Certificates({ result }: { result: Result }) {
  const certificate = result.observed?.["certificate"];
  if (!isObject(certificate)) return null;
  const days = daysLeft(certificate["daysLeft"]);
  return (
    <Card title={t("Certificates")} aside={days !== undefined && <span class={days < 14 ? "tone-degraded" : "quiet"}>{days < 0 ? plural(-days, "ended {count} day ago", "ended {count} days ago") : plural(days, "{count} day left", "{count} days left")}</span>}>
      <CertificateChain certificate={certificate} at={Date.parse(result.startedAt)} />
    </Card>
  );
}

export function daysLeft(value: unknown): number | undefined {
  return typeof value === "number" ? Math.floor(value) : undefined;
}
