/** Numbers and times as people read them. Nothing here is ever rounded in the flattering direction. */
import { dates, number, plural, t } from "./i18n.ts";
import { textOf } from "./pointer.ts";
import type { JsonObject } from "./types.ts";

const none = "–";
const dayMs = 86_400_000;

/** How long one answer took: three digits that matter. */
export function latency(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return none;
  const inMs = (digits: number) => t("{value} ms", { value: number(ms, digits) });
  if (ms === 0) return inMs(0);
  if (ms < 10) return inMs(ms < 1 ? 2 : 1);
  if (ms < 999.5) return inMs(0);
  return t("{value} s", { value: number(ms / 1000, ms < 9_995 ? 2 : 1) });
}

/** The latency of a heartbeat is how long its job ran. */
export function latencyName(type: string): string {
  return type === "heartbeat" ? t("Run duration") : t("Latency");
}

/** A job that has not said when it began has no duration. */
export function latencyOf(type: string, ms: number | null | undefined): string {
  return type === "heartbeat" && !ms ? none : latency(ms);
}

/** How long a state lasts: the two largest units. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const units: [number, string][] = [
    [Math.floor(seconds / 86_400), t("d // days")],
    [Math.floor(seconds / 3600) % 24, t("h // hours")],
    [Math.floor(seconds / 60) % 60, t("min // minutes")],
    [seconds % 60, t("s // seconds")],
  ];
  const first = units.findIndex(([count]) => count > 0);
  if (first === -1) return `0 ${t("s // seconds")}`;
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

export function ago(at: string | null | undefined, now: number): string {
  if (!at) return t("never");
  const ms = now - Date.parse(at);
  if (ms < -1000) return t("in {span}", { span: span(-ms) });
  return ms < 10_000 ? t("just now") : t("{span} ago", { span: coarse(ms) });
}

/** Of what has happened: the browser's clock, and the one that is drawn by, may stand a little behind the server's. */
export function happened(at: string | null | undefined, now: number): string {
  return at && Date.parse(at) > now ? t("just now") : ago(at, now);
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
  return `${number(cut, share > 0.9 ? 2 : 1)} %`;
}

export function bytes(count: number): string {
  if (count < 1024) return t("{value} B", { value: count });
  if (count < 1024 * 1024) return t("{value} kB", { value: number(count / 1024, 1) });
  return t("{value} MB", { value: number(count / 1024 / 1024, 1) });
}

/** count(3, "check") is `plural` of "{count} check" and "{count} checks". */
export function count(many: number, one: string, more = `${one}s`): string {
  return plural(many, `{count} ${one}`, `{count} ${more}`);
}

const clockTime = dates({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayTime = dates({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const wholeTime = dates({ dateStyle: "medium", timeStyle: "long" });
const wholeUtc = dates({ dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
const dateOnly = dates({ day: "numeric", month: "short", year: "numeric" });
const dayOnly = dates({ weekday: "short", day: "numeric", month: "short" });

/** Local time: to the second within the last day, else with its date. */
export function time(at: string | null | undefined, now: number): string {
  if (!at) return none;
  const ms = Date.parse(at);
  return Math.abs(now - ms) < dayMs ? clockTime.format(ms) : dayTime.format(ms);
}

/** In the viewer's zone, and in UTC, which logs and colleagues elsewhere speak. */
export function exactTime(at: string | null | undefined): string {
  if (!at) return t("never");
  const ms = Date.parse(at);
  const utc = [wholeUtc.format(ms), "UTC"].join(" ");
  return new Date(ms).getTimezoneOffset() === 0 ? utc : `${wholeTime.format(ms)} · ${utc}`;
}

export function minute(at: string): string {
  return dayTime.format(Date.parse(at));
}

export function day(at: string): string {
  return dayOnly.format(Date.parse(at));
}

/** With its year, for what lasts years. */
export function date(ms: number): string {
  return dateOnly.format(ms);
}

export function schedule(given: { every?: string; cron?: string; timezone?: string } | null): string {
  if (!given) return t("not scheduled");
  if (given.cron) return `${given.cron}${given.timezone ? ` (${given.timezone})` : ""}`;
  return t("every {interval}", { interval: given.every ?? "" });
}

/** What a check looks at, in one line. */
export function target(type: string, of: JsonObject): string {
  const { url, address, host, port, name, recordType, server, period, cron } = of;
  if (period) return t("a success every {interval}", { interval: textOf(period) });
  if (cron) return t("a success at {cron}", { cron: textOf(cron) });
  if (name) {
    const asked = `${textOf(name)} ${textOf(recordType) || "A"}`;
    return server ? t("{name} at {server}", { name: asked, server: textOf(server) }) : asked;
  }
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
