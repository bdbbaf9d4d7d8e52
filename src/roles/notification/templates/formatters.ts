/** What a template may do to a value. Pure, bounded, and total: a wrong value gives an empty text, never an error. */
import { formatDuration } from "#kernel/settings";
import { Raw } from "./escapes.ts";

export interface Formatter {
  /** Fewest and most values. */
  takes: readonly [number, number];
  /** How it is written, for the author. */
  written: string;
  run(...values: unknown[]): unknown;
}

const longestText = 10_000;

export const formatters: Record<string, Formatter> = Object.assign(Object.create(null) as Record<string, Formatter>, {
  json: { takes: [1, 1], written: "{{json value}}", run: (value) => new Raw(JSON.stringify(value ?? null)) },
  date: { takes: [1, 1], written: "{{date value}}", run: (value) => dateText(value) },
  duration: { takes: [1, 1], written: "{{duration milliseconds}}", run: (value) => (typeof value === "number" && value >= 0 ? formatDuration(Math.round(value)) : "") },
  truncate: { takes: [2, 2], written: "{{truncate value 100}}", run: (value, length) => truncated(textOf(value), Number(length)) },
  upper: { takes: [1, 1], written: "{{upper value}}", run: (value) => textOf(value).toUpperCase() },
  lower: { takes: [1, 1], written: "{{lower value}}", run: (value) => textOf(value).toLowerCase() },
  url: { takes: [1, 1], written: "{{url value}}", run: (value) => encodeURIComponent(textOf(value).toWellFormed()) },
  default: { takes: [2, 2], written: '{{default value "none"}}', run: (value, other) => (textOf(value) === "" ? other : value) },
  eq: { takes: [2, 2], written: '{{#if (eq value "down")}}', run: (left, right) => left === right },
  round: { takes: [1, 2], written: "{{round value 1}}", run: (value, digits) => rounded(value, digits) },
} satisfies Record<string, Formatter>);

function textOf(value: unknown): string {
  if (value === undefined || value === null || value instanceof Raw) return "";
  return (typeof value === "object" ? JSON.stringify(value) : String(value as string | number | boolean)).slice(0, longestText);
}

function truncated(text: string, length: number): string {
  const most = Number.isFinite(length) ? Math.max(1, Math.floor(length)) : longestText;
  // A cut inside a surrogate pair would leave half a character.
  return text.length > most ? `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "")}…` : text;
}

function rounded(value: unknown, digits: unknown): string {
  const places = Math.min(6, Math.max(0, Math.floor(Number(digits ?? 0) || 0)));
  return typeof value === "number" ? String(Number(value.toFixed(places))) : "";
}

/** "2026-01-31 12:00:00 UTC" from an RFC 3339 time. */
function dateText(value: unknown): string {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? "" : `${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
