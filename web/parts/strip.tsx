/** The recent results of a check at a glance: a bar each, and a line of how long they took. */
import { sparkline, stripPaths, stripSummary } from "../chart.ts";
import { latency } from "../format.ts";
import { plural } from "../i18n.ts";
import { stripLength } from "../statuses.ts";

const height = 20;

export function Strip({ strip }: { strip: string }) {
  const summary = stripSummary(strip);
  return (
    <svg class="strip" viewBox={`0 0 ${stripLength * 4} ${height}`} preserveAspectRatio="none" role="img" aria-label={summary}>
      <title>{summary}</title>
      {stripPaths(strip, stripLength, height).map(({ name, path }) => (
        <path key={name} class={`fill-${name}`} d={path} />
      ))}
    </svg>
  );
}

export function Sparkline({ values: all }: { values: readonly (number | null)[] }) {
  const values = all.filter((value) => value !== null);
  if (values.length < 2) return null;
  const label = plural(values.length, "latency of the last {count} result, the slowest {most}", "latency of the last {count} results, the slowest {most}", { most: latency(Math.max(...values)) });
  return (
    <svg class="sparkline" viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      <path d={sparkline(values, 100, 20)} />
    </svg>
  );
}
