/** Lists that a result may have: the hops of its redirects, the addresses that were tried, its attempts, the errors of a query. */
import { exactTime, latency, time } from "../format.ts";
import { t } from "../i18n.ts";
import { StateBadge } from "../parts/state_badge.tsx";
import { ScrollTable } from "../parts/scroll_table.tsx";
import { textOf } from "../pointer.ts";
import type { AttemptDetail, JsonObject } from "../types.ts";
import { Facts } from "./facts.tsx";
import { LongText, useFirst } from "./long_text.tsx";

export function Redirects({ hops, end }: { hops: readonly JsonObject[]; end: string }) {
  return (
    <section aria-label={t("Redirects")}>
      <h3>{t("Redirects")}</h3>
      <ol class="hops">
        {hops.map((hop, index) => (
          <li key={index}>
            <b class="number">{textOf(hop["status"])}</b> {t("to // an address")} <LongText text={textOf(hop["url"])} limit={200} />
          </li>
        ))}
        {end && (
          <li>
            <b>{t("ends at")}</b> <LongText text={end} limit={200} />
          </li>
        )}
      </ol>
    </section>
  );
}

export function Connects({ tried }: { tried: readonly JsonObject[] }) {
  return (
    <ScrollTable label={t("Addresses that were tried")} columns={[t("Address"), t("Took"), t("Outcome")]}>
      {tried.map((one, index) => (
        <tr key={index}>
          <td>{textOf(one["address"])}</td>
          <td class="number">{typeof one["ms"] === "number" ? latency(one["ms"]) : ""}</td>
          <td>{textOf(one["outcome"])}</td>
        </tr>
      ))}
    </ScrollTable>
  );
}

export function Attempts({ attempts }: { attempts: readonly AttemptDetail[] }) {
  return (
    <section aria-label={t("Attempts")}>
      <h3>{t("Attempts")}</h3>
      <ol class="hops attempts">
        {attempts.map(({ startedAt, status, latencyMs, error }, index) => (
          <li key={index}>
            <span class="number" title={exactTime(startedAt)}>
              {time(startedAt, Date.parse(startedAt))}
            </span>{" "}
            <StateBadge state={status} /> <span class="number">{latency(latencyMs)}</span>
            {error && (
              <p>
                <code>{error.kind}</code> <LongText text={error.message} />
              </p>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** As the specification of GraphQL shapes them. */
export function GraphqlErrors({ errors }: { errors: readonly JsonObject[] }) {
  const { items, more } = useFirst(errors, 10);
  return (
    <section aria-label={t("GraphQL errors")}>
      <h3>{t("GraphQL errors")}</h3>
      <ul class="plain-list">
        {items.map(({ message, path, ...rest }, index) => (
          <li key={index}>
            <LongText text={textOf(message)} /> {path !== undefined && <code>{Array.isArray(path) ? path.map(textOf).join(".") : textOf(path)}</code>}
            <Facts of={Object.entries(rest)} />
          </li>
        ))}
      </ul>
      {more}
    </section>
  );
}
