/** Uptime by hour or day: a bar each, and what it is made of. */
import { get } from "../api.ts";
import { bucketTone } from "../chart.ts";
import { count, day, minute, ratio } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { figuresMs, useLoad, useRefresh } from "../load.ts";
import { useMayEdit } from "../rights.ts";
import type { Uptime, UptimeBucket } from "../types.ts";
import { CorrectionList, CorrectPast } from "./correct_past.tsx";
import { Card, Loading, Trouble } from "./page.tsx";

const height = 32;

export function UptimeBars({ checkId, window }: { checkId: string; window: string }) {
  const path = `/checks/${checkId}/uptime?window=${window}`;
  const loaded = useLoad(path, (signal) => get<Uptime>(path, signal));
  useRefresh(loaded.reload, figuresMs);
  const mayEdit = useMayEdit();
  const data = loaded.data;
  const aside = data && (
    <div class="legend">
      <b>{ratio(data.ratio)}</b>
      <span class="quiet">{count(data.down, "failed run")}</span>
      {data.missed > 0 && <span class="quiet">{plural(data.missed, "{count} missed", "{count} missed")}</span>}
      {data.maintenance > 0 && <span class="quiet">{t("{count} in maintenance", { count: data.maintenance })}</span>}
      <span class="quiet">{t("coverage {share}", { share: ratio(data.coverage) })}</span>
      {mayEdit && <CorrectPast checkId={checkId} onChange={loaded.reload} />}
    </div>
  );
  return (
    <Card title={t("Uptime")} aside={aside}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!data && loaded.loading && <Loading what={t("the uptime")} />}
      {data && data.buckets.length === 0 && <p class="quiet">{t("No results in this window yet.")}</p>}
      {data && data.buckets.length > 0 && <Bars of={data} named={window === "24h" || window === "7d" ? minute : day} />}
      {data && data.corrections > 0 && (
        <details>
          <summary>{t("Corrections of the past ({count})", { count: data.corrections })}</summary>
          <CorrectionList key={data.corrections} checkId={checkId} mayEdit={mayEdit} onChange={loaded.reload} />
        </details>
      )}
    </Card>
  );
}

function Bars({ of, named }: { of: Uptime; named: (at: string) => string }) {
  const { buckets } = of;
  const label = t("Uptime of {count} parts, {good} without failure", { count: buckets.length, good: buckets.filter((bucket) => bucketTone(bucket.ratio) === "up").length });
  return (
    <div class="bars">
      <svg viewBox={`0 0 ${buckets.length * 10} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {buckets.map((bucket, index) => (
          <Bar key={bucket.from} bucket={bucket} left={index * 10} title={told(bucket, named)} />
        ))}
      </svg>
      <div class="axis-x" aria-hidden="true">
        <span>{named(buckets[0]!.from)}</span>
        <span>{named(buckets.at(-1)!.from)}</span>
      </div>
      <BadBuckets buckets={buckets} named={named} />
    </div>
  );
}

function Bar({ bucket, left, title }: { bucket: UptimeBucket; left: number; title: string }) {
  const tone = bucketTone(bucket.ratio);
  // The part that failed hangs from the top, never thinner than one can see.
  const failed = bucket.ratio === null || bucket.ratio >= 1 ? 0 : Math.max(5, (1 - bucket.ratio) * height);
  return (
    <g>
      <title>{title}</title>
      <rect class={tone !== "none" ? "fill-up" : bucket.maintenance > 0 ? "fill-maintenance" : "fill-none"} x={left + 1} width="8" height={height} />
      {failed > 0 && <rect class={`fill-${tone}`} x={left + 1} width="8" height={failed} />}
    </g>
  );
}

function BadBuckets({ buckets, named }: { buckets: readonly UptimeBucket[]; named: (at: string) => string }) {
  const bad = buckets.filter((bucket) => bucket.ratio !== null && bucket.ratio < 1);
  if (bad.length === 0) return null;
  return (
    <details>
      <summary>{t("When it was not up ({count})", { count: bad.length })}</summary>
      <ul class="plain-list">
        {bad.map((bucket) => (
          <li key={bucket.from}>{told(bucket, named)}</li>
        ))}
      </ul>
    </details>
  );
}

function told(bucket: UptimeBucket, named: (at: string) => string): string {
  const facts = [
    bucket.ratio === null ? t("no data") : ratio(bucket.ratio),
    bucket.ratio !== null && t("{down} of {count} runs failed", { down: bucket.down, count: bucket.up + bucket.down }),
    bucket.ratio !== null && bucket.missed > 0 && plural(bucket.missed, "{count} missed", "{count} missed"),
    bucket.maintenance > 0 && t("{count} in maintenance", { count: bucket.maintenance }),
  ];
  return `${named(bucket.from)}: ${facts.filter((fact) => fact !== false).join(", ")}`;
}
