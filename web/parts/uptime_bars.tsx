/** Uptime by hour or day: a bar each, and what it is made of. */
import { get } from "../api.ts";
import { bucketTone } from "../chart.ts";
import { count, day, minute, ratio } from "../format.ts";
import { figuresMs, useLoad, useRefresh } from "../load.ts";
import type { Uptime, UptimeBucket } from "../types.ts";
import { Card, Loading, Trouble } from "./page.tsx";

const height = 32;

export function UptimeBars({ checkId, window }: { checkId: string; window: string }) {
  const path = `/checks/${checkId}/uptime?window=${window}`;
  const loaded = useLoad(path, (signal) => get<Uptime>(path, signal));
  useRefresh(loaded.reload, figuresMs);
  const data = loaded.data;
  const aside = data && (
    <p class="legend">
      <b>{ratio(data.ratio)}</b>
      <span class="quiet">{count(data.down, "failed run")}</span>
      {data.missed > 0 && <span class="quiet">{data.missed.toLocaleString("en-GB")} missed</span>}
    </p>
  );
  return (
    <Card title="Uptime" aside={aside}>
      <Trouble problem={loaded.error} retry={loaded.reload} />
      {!data && loaded.loading && <Loading what="the uptime" />}
      {data && data.buckets.length === 0 && <p class="quiet">No results in this window yet.</p>}
      {data && data.buckets.length > 0 && <Bars of={data} named={window === "24h" || window === "7d" ? minute : day} />}
    </Card>
  );
}

function Bars({ of, named }: { of: Uptime; named: (at: string) => string }) {
  const { buckets } = of;
  const label = `Uptime of ${buckets.length} buckets, ${buckets.filter((bucket) => bucketTone(bucket.ratio) === "up").length} without failure`;
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
      <rect class={tone === "none" ? "fill-none" : "fill-up"} x={left + 1} width="8" height={height} />
      {failed > 0 && <rect class={`fill-${tone}`} x={left + 1} width="8" height={failed} />}
    </g>
  );
}

function BadBuckets({ buckets, named }: { buckets: readonly UptimeBucket[]; named: (at: string) => string }) {
  const bad = buckets.filter((bucket) => bucket.ratio !== null && bucket.ratio < 1);
  if (bad.length === 0) return null;
  return (
    <details>
      <summary>When it was not up ({bad.length})</summary>
      <ul class="plain-list">
        {bad.map((bucket) => (
          <li key={bucket.from}>{told(bucket, named)}</li>
        ))}
      </ul>
    </details>
  );
}

function told(bucket: UptimeBucket, named: (at: string) => string): string {
  if (bucket.ratio === null) return `${named(bucket.from)}: no data`;
  const missed = bucket.missed > 0 ? `, ${bucket.missed} missed` : "";
  return `${named(bucket.from)}: ${ratio(bucket.ratio)}, ${bucket.down} of ${bucket.up + bucket.down} failed${missed}`;
}
