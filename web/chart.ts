/** Geometry of the drawings: everything that can be computed without a browser. */
import { plural, t } from "./i18n.ts";
import type { Phases } from "./types.ts";

/** A line through the points; null makes a gap, and a point alone between gaps becomes a dot. */
export function linePath(points: readonly (readonly [x: number, y: number | null])[]): string {
  let path = "";
  let drawing = false;
  for (const [index, [x, y]] of points.entries()) {
    if (y === null) {
      drawing = false;
      continue;
    }
    path += `${drawing ? "L" : "M"}${round(x)} ${round(y)}`;
    const next = points[index + 1];
    if (!drawing && (!next || next[1] === null)) path += "h0.01";
    drawing = true;
  }
  return path;
}

/** A small line of recent latencies, `width` × `height`, highest value at the top. */
export function sparkline(values: readonly number[], width: number, height: number): string {
  if (values.length < 2) return "";
  const top = Math.max(...values) || 1;
  const step = width / (values.length - 1);
  return linePath(values.map((value, index) => [index * step, height - (value / top) * (height - 1)] as const));
}

const shownNames: Record<string, string> = { up: t("up"), degraded: t("degraded"), down: t("down"), unknown: t("unknown"), missed: t("missed") };
const stripNames: Record<string, string> = { u: "up", g: "degraded", d: "down", n: "unknown", m: "missed" };

/** One path for each kind of result in a strip, so that a row costs five elements and not sixty. */
export function stripPaths(strip: string, slots: number, height: number): { name: string; path: string }[] {
  const paths = new Map<string, string>();
  const start = slots - strip.length;
  for (const [index, letter] of strip.split("").entries()) {
    const name = stripNames[letter] ?? "unknown";
    // A failure stands full height, what is well or not known stands lower: shape tells it as well as colour.
    const tall = name === "down" ? height : name === "degraded" ? height * 0.8 : name === "up" ? height * 0.6 : height * 0.3;
    const left = (start + index) * 4;
    paths.set(name, `${paths.get(name) ?? ""}M${left} ${round(height - tall)}h3v${round(tall)}h-3z`);
  }
  return [...paths].map(([name, path]) => ({ name, path }));
}

export function stripSummary(strip: string): string {
  if (strip === "") return t("no results yet");
  const counts = new Map<string, number>();
  for (const letter of strip) counts.set(stripNames[letter] ?? "unknown", (counts.get(stripNames[letter] ?? "unknown") ?? 0) + 1);
  const list = [...counts].map(([name, many]) => `${many} ${shownNames[name] ?? name}`).join(", ");
  return plural(strip.length, "last {count} result: {list}", "last {count} results: {list}", { list });
}

export const phaseNames = [
  ["dnsMs", "DNS"],
  ["connectMs", t("Connect // a phase")],
  ["tlsMs", "TLS"],
  ["firstByteMs", t("First byte")],
  ["transferMs", t("Transfer")],
] as const;

export interface PhaseShare {
  key: (typeof phaseNames)[number][0];
  name: string;
  ms: number;
  /** Where the bar begins and how long it is, 0..100. */
  from: number;
  share: number;
}

export function phaseShares(phases: Phases): PhaseShare[] {
  const known = phaseNames.flatMap(([key, name]) => (phases[key] === undefined || phases[key] === null ? [] : [{ key, name, ms: phases[key] }]));
  const total = known.reduce((sum, { ms }) => sum + ms, 0) || 1;
  let from = 0;
  return known.map(({ key, name, ms }) => {
    const share = (ms / total) * 100;
    const part = { key, name, ms, from: round(from), share: round(share) };
    from += share;
    return part;
  });
}

/** How a bucket of uptime is shown; null is no data. */
export function bucketTone(ratio: number | null): "none" | "up" | "degraded" | "down" {
  if (ratio === null) return "none";
  if (ratio >= 1) return "up";
  return ratio >= 0.95 ? "degraded" : "down";
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
