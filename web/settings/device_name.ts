/** What a User-Agent is called by people: "Firefox on Windows". Names of things, not guesses at versions. */
import { t } from "../i18n.ts";

/** The first that fits; what imitates others stands before those. */
const programs: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, "Edge"],
  [/\b(OPR|Opera)\//, "Opera"],
  [/\bYaBrowser\//, "Yandex"],
  [/\bSamsungBrowser\//, "Samsung"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(HeadlessChrome|Chrome|CriOS)\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
  [/^uptimeping\b/i, "uptimeping"],
  [/^curl\//, "curl"],
  [/^Wget\//i, "Wget"],
  [/^python-requests|^python-httpx|^aiohttp/i, "Python"],
  [/^Go-http-client/, "Go"],
  [/^Bun\//, "Bun"],
  [/^node|undici/i, "Node.js"],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

export function deviceName(userAgent: string): string {
  const named = (names: typeof programs) => names.find(([form]) => form.test(userAgent))?.[1];
  const [program, system] = [named(programs), named(systems)];
  if (program && system) return t("{program} on {system}", { program, system });
  return program ?? system ?? (userAgent.split(/[\s(]/, 1)[0] || t("Unknown device"));
}

export function isHandheld(userAgent: string): boolean {
  return /\b(iPhone|iPad|Android|Mobile)\b/.test(userAgent);
}
