/** Numbers and times as people read them. Nothing here is ever rounded in the flattering direction. */
import { textOf } from "./pointer.ts";
import type { JsonObject } from "./types.ts";

const none = "–";
const dayMs = 86_400_000;

/** How long one answer took: three digits that matter. */
export function latency(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return none;
  if (ms === 0) return "0 ms";
  if (ms < 10) return `${ms.toFixed(ms < 1 ? 2 : 1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 9_995 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`;
}

/** How long a state lasts: the two largest units. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const units: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = units.findIndex(([count]) => count > 0);
  if (first === -1) return "0 s";
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

export function ago(at: string | null | undefined, now: number): string {
  if (!at) return "never";
  const ms = now - Date.parse(at);
  if (ms < -1000) return `in ${span(-ms)}`;
  return ms < 10_000 ? "just now" : `${coarse(ms)} ago`;
}

/** Of what has happened: the browser's clock, and the one that is drawn by, may stand a little behind the server's. */
export function happened(at: string | null | undefined, now: number): string {
  return at && Date.parse(at) > now ? "just now" : ago(at, now);
}

/** One unit only, for narrow columns: "3 h". */
export function coarse(ms: number): string {
  return span(ms).split(" ").slice(0, 2).join(" ");
}

/** 0.99996 is 99.99 %, never 100 %: only a spotless record may claim it. */
export function ratio(share: number | null | undefined): string {
  if (share === null || share === undefined) return none;
  if (share >= 1) return "100 %";
  const cut = Math.floor(share * 10_000 + 1e-9) / 100;
  return `${cut.toFixed(share > 0.9 ? 2 : 1)} %`;
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  return count < 1024 * 1024 ? `${(count / 1024).toFixed(1)} kB` : `${(count / 1024 / 1024).toFixed(1)} MB`;
}

export function count(many: number, one: string, more = `${one}s`): string {
  return `${many.toLocaleString("en-GB")} ${many === 1 ? one : more}`;
}

const clockTime = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayTime = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const wholeTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
const dayOnly = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });

/** Local time: to the second within the last day, else with its date. */
export function time(at: string | null | undefined, now: number): string {
  if (!at) return none;
  const ms = Date.parse(at);
  return Math.abs(now - ms) < dayMs ? clockTime.format(ms) : dayTime.format(ms);
}

export function exactTime(at: string | null | undefined): string {
  return at ? wholeTime.format(Date.parse(at)) : "never";
}

export function minute(at: string): string {
  return dayTime.format(Date.parse(at));
}

export function day(at: string): string {
  return dayOnly.format(Date.parse(at));
}

export function schedule(given: { every?: string; cron?: string; timezone?: string } | null): string {
  if (!given) return "not scheduled";
  if (given.cron) return `${given.cron}${given.timezone ? ` (${given.timezone})` : ""}`;
  return `every ${given.every}`;
}

/** What a check looks at, in one line. */
export function target(type: string, of: JsonObject): string {
  const { url, address, host, port } = of;
  return textOf(url) || textOf(address) || [host, port].map(textOf).filter(Boolean).join(":") || type;
}

/** `connect_refused` as words. */
export function words(name: string): string {
  return name.replaceAll(/[_.]/g, " ");
}

/** A value out of JSON as a person reads it, cut when it is long. */
export function value(given: unknown): string {
  if (given === undefined) return none;
  const text = typeof given === "string" ? given : JSON.stringify(given);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
