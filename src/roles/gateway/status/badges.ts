/** Small signs for readmes and wikis: the state, uptime or latency of one published check, as SVG. */
import { escaped } from "../docs_page.ts";
import type { Component, ComponentState } from "./board.ts";
import { type Language, percent, wordsIn } from "./words.ts";

export const badgeKinds = ["status", "uptime", "latency"] as const;
export type BadgeKind = (typeof badgeKinds)[number];

/** Dark enough for white letters. */
const colours: Record<ComponentState, string> = { up: "#16794a", degraded: "#8a5800", down: "#c02a34", maintenance: "#6d4bb8", unknown: "#54657f" };

export function badgeSvg(kind: BadgeKind, component: Component, language: Language): string {
  const { name } = component;
  const [text, colour] = saidBy(kind, component, language);
  const label = name.length > 40 ? `${name.slice(0, 39)}…` : name;
  const left = widthOf(label);
  const right = widthOf(text);
  const whole = escaped(`${label}: ${text}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${whole}"><title>${whole}</title><clipPath id="r"><rect width="${left + right}" height="20" rx="4"/></clipPath><g clip-path="url(#r)"><rect width="${left}" height="20" fill="#3d4750"/><rect x="${left}" width="${right}" height="20" fill="${colour}"/></g><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle"><text x="${left / 2}" y="14" textLength="${left - 14}" lengthAdjust="spacingAndGlyphs">${escaped(label)}</text><text x="${left + right / 2}" y="14" textLength="${right - 14}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text></g></svg>`;
}

function saidBy(kind: BadgeKind, { state, uptime, p50Ms }: Component, language: Language): [text: string, colour: string] {
  const words = wordsIn[language];
  if (kind === "status") return [words.states[state].toLowerCase(), colours[state]];
  if (kind === "uptime") return uptime === undefined ? [words.noData.toLowerCase(), colours.unknown] : [percent(uptime, language), colours[uptime >= 0.999 ? "up" : uptime >= 0.98 ? "degraded" : "down"]];
  return p50Ms === undefined ? [words.noData.toLowerCase(), colours.unknown] : [`${Math.round(p50Ms)} ${language === "ru" ? "мс" : "ms"}`, colours.up];
}

/** About as wide as it is drawn; `textLength` makes it exact. */
function widthOf(text: string): number {
  return Math.round(text.length * 6.6) + 14;
}
