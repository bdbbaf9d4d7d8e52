/** Bars, charts and shapes as SVG without style attributes, which the content security policy of the pages would refuse. */
import { escaped } from "../docs_page.ts";
import type { Component, Day, OverallState } from "./board.ts";
import { day, filled, type Language, percent, wordsIn } from "./words.ts";

const shapes: Record<OverallState, string> = {
  up: '<circle cx="12" cy="12" r="10"/><path class="in" d="m7.5 12.5 3 3 6-6.5"/>',
  degraded: '<path d="M12 2.5 22.5 21h-21z"/><path class="in" d="M12 9.5v5M12 17.4v.2"/>',
  partial: '<path d="M12 1.5 22.5 12 12 22.5 1.5 12z"/><path class="in" d="M12 7v6M12 16.3v.2"/>',
  down: '<path d="M7.8 2h8.4L22 7.8v8.4L16.2 22H7.8L2 16.2V7.8z"/><path class="in" d="m8.5 8.5 7 7m0-7-7 7"/>',
  maintenance: '<rect x="2" y="2" width="20" height="20" rx="5"/><path class="in" d="M9 7.5v9m6-9v9"/>',
  unknown: '<circle cx="12" cy="12" r="9" class="ring"/><path class="mark" d="M9.5 9.5c0-3 5-3 5 0 0 2-2.5 2-2.5 4M12 16.6v.2"/>',
};

/** Each state has a form of its own: colour is never the only sign. */
export function shape(state: OverallState): string {
  return `<svg class="shape s-${state}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shapes[state]}</svg>`;
}

const bar = { width: 4, gap: 2, height: 34 };

export function barsSvg({ name, days, uptime }: Component, language: Language, labels: ReadonlyMap<number, string>): string {
  const words = wordsIn[language];
  const bad = days.filter((one) => one.down > 0);
  const told = uptime === undefined ? words.noData : filled(words.uptime, { percent: percent(uptime, language) });
  const worst = bad.slice(-10).map((one) => `${labels.get(one.fromMs) ?? ""}: ${titleOf(one, language)}`);
  const label = `${name}: ${[told, ...worst].join("; ")}`;
  const width = days.length * (bar.width + bar.gap) - bar.gap;
  const rects = days.map((one, i) => {
    const x = i * (bar.width + bar.gap);
    return `<rect class="${classOf(one)}" x="${x}" width="${bar.width}" height="${bar.height}" rx="1.5"><title>${labels.get(one.fromMs) ?? ""}: ${titleOf(one, language)}</title></rect>`;
  });
  return `<svg class="bars" viewBox="0 0 ${Math.max(1, width)} ${bar.height}" preserveAspectRatio="none" role="img" aria-label="${escaped(label)}">${rects.join("")}</svg>`;
}

/** Of all components at once: they have the same days, which are formatted once. */
export function dayLabels(components: readonly Component[], language: Language): Map<number, string> {
  const days = new Set(components.flatMap((component) => component.days.map(({ fromMs }) => fromMs)));
  return new Map([...days].map((at) => [at, day(at, language)]));
}

function ratioOf({ up, down }: Day): number | undefined {
  return up + down === 0 ? undefined : up / (up + down);
}

function classOf(one: Day): string {
  const ratio = ratioOf(one);
  if (ratio === undefined) return one.maintenance > 0 ? "b-maintenance" : "b-none";
  return ratio === 1 ? "b-up" : ratio >= 0.98 ? "b-degraded" : "b-down";
}

function titleOf(one: Day, language: Language): string {
  const ratio = ratioOf(one);
  if (ratio !== undefined) return percent(ratio, language);
  return one.maintenance > 0 ? wordsIn[language].states.maintenance : wordsIn[language].noData;
}

const chart = { width: 300, height: 48 };

export function latencySvg({ name, latency, p50Ms }: Component, language: Language): string {
  if (latency.length < 2) return "";
  const words = wordsIn[language];
  const from = latency[0]!.atMs;
  const range = Math.max(1, latency.at(-1)!.atMs - from);
  const top = Math.max(1, ...latency.map((point) => point.p50Ms)) * 1.1;
  const points = latency.map(({ atMs, p50Ms: at }) => `${(((atMs - from) / range) * chart.width).toFixed(1)} ${(chart.height - (at / top) * (chart.height - 2)).toFixed(1)}`);
  const median = p50Ms === undefined ? "" : filled(words.median, { ms: String(Math.round(p50Ms)) });
  const line = `M${points.join("L")}`;
  return `<figure class="latency"><figcaption>${words.latency}<span>${median}</span></figcaption><svg viewBox="0 0 ${chart.width} ${chart.height}" preserveAspectRatio="none" role="img" aria-label="${escaped(`${name}: ${words.latency}, ${median}`)}"><path class="area" d="${line}V${chart.height}H0Z"/><path class="line" d="${line}"/></svg></figure>`;
}
