/** A status page being written: fields, and rows for its groups and links. */
import { draftOf, emptyDraft, type Draft, type Field } from "./fields.ts";
import { t } from "./i18n.ts";
import type { StatusPage } from "./status_types.ts";
import type { JsonObject } from "./types.ts";

export interface GroupDraft {
  key: number;
  name: string;
  checks: readonly string[];
  /** `name=value`, separated by spaces. */
  tags: string;
  collapsed: boolean;
}

export interface LinkDraft {
  key: number;
  label: string;
  url: string;
}

export interface StatusDraft {
  values: Draft;
  groups: readonly GroupDraft[];
  links: readonly LinkDraft[];
}

export const aboutFields: readonly Field[] = [
  { pointer: "/title", label: t("Title"), kind: "text", required: true, placeholder: t("Status of our shop") },
  { pointer: "/slug", label: t("Address"), kind: "text", required: true, placeholder: "shop", hint: t("The page is at /status/ and this") },
  { pointer: "/description", label: t("Description"), kind: "area", wide: true, hint: t("**bold**, *emphasis*, `code`, lists and [links](https://…) are understood") },
  { pointer: "/published", label: t("Published"), kind: "flag", hint: t("Until then only people with an account see it, here") },
];

export const lookFields: readonly Field[] = [
  { pointer: "/theme", label: t("Appearance"), kind: "choice", initial: "auto", choices: [["auto", t("As the visitor's device")], ["light", t("Light")], ["dark", t("Dark")]] },
  { pointer: "/language", label: t("Language"), kind: "choice", initial: "en", choices: [["en", "English"], ["ru", "Русский"]] },
  { pointer: "/showBars", label: t("Bars of 90 days"), kind: "flag", initial: true },
  { pointer: "/showLatency", label: t("Charts of response times"), kind: "flag", initial: true },
  { pointer: "/showIncidents", label: t("Incidents of its checks appear by themselves"), kind: "flag", initial: true },
  { pointer: "/showMaintenance", label: t("Planned maintenance appears by itself"), kind: "flag", initial: true },
  { pointer: "/footer", label: t("Footer"), kind: "area", wide: true },
];

const withPassword = { pointer: "access", is: ["password"] };
const withSubscribers = { pointer: "/subscribe", is: ["true"] };

export const reachFields: readonly Field[] = [
  { pointer: "access", label: t("Who may read it"), kind: "choice", initial: "open", choices: [["open", t("Everybody")], ["password", t("Those who have the password")]], of: (page) => (page["protected"] === true ? "password" : "open") },
  { pointer: "/password", label: t("Password"), kind: "secret", when: withPassword, hint: t("6 characters or more. Left empty, one that is set stays as it is") },
  { pointer: "/domain", label: t("Own domain"), kind: "text", placeholder: "status.example.com", hint: t("Point it at this installation; there is nothing but the page there") },
  { pointer: "/subscribe", label: t("Visitors may subscribe"), kind: "flag" },
  { pointer: "/emailChannel", label: t("Mails go through"), kind: "choice", initial: "", choices: [], when: withSubscribers },
];

export const pageFields: readonly Field[] = [...aboutFields, ...lookFields, ...reachFields];

let lastKey = 0;

export function newGroup(): GroupDraft {
  return { key: ++lastKey, name: "", checks: [], tags: "", collapsed: false };
}

export function newLink(): LinkDraft {
  return { key: ++lastKey, label: "", url: "" };
}

export function newStatusPage(): StatusDraft {
  return { values: emptyDraft(pageFields), groups: [newGroup()], links: [] };
}

export function statusDraftOf(page: StatusPage): StatusDraft {
  return {
    values: draftOf(pageFields, page as unknown as JsonObject),
    groups: page.groups.map(({ name, checks, tags, collapsed }) => ({ key: ++lastKey, name, checks, collapsed, tags: tagsText(tags) })),
    links: page.links.map(({ label, url }) => ({ key: ++lastKey, label, url })),
  };
}

/** Without the password: what a preview needs as well. */
export function statusDocument({ values, groups, links }: StatusDraft): JsonObject {
  const written = pageFields.filter(({ pointer }) => pointer.startsWith("/") && pointer !== "/password").map(({ pointer }) => [pointer.slice(1), typeof values[pointer] === "string" ? values[pointer].trim() : (values[pointer] as boolean)]);
  return {
    ...(Object.fromEntries(written) as JsonObject),
    groups: groups.map(({ name, checks, tags, collapsed }) => ({ name: name.trim(), checks: [...checks], tags: tagsOf(tags), collapsed })),
    links: links.filter(({ label, url }) => label !== "" || url !== "").map(({ label, url }) => ({ label, url: url.trim() })),
  };
}

/** What is sent of the password: nothing when it stays as it is. */
export function passwordPart({ values }: StatusDraft, wasProtected: boolean): JsonObject {
  if (values["access"] !== "password") return wasProtected ? { password: null } : {};
  const typed = String(values["/password"] ?? "");
  return typed === "" && wasProtected ? {} : { password: typed };
}

export function tagsOf(text: string): Record<string, string> {
  const pairs = text.split(/[\s,]+/).filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => [pair.split("=")[0]!, pair.includes("=") ? pair.slice(pair.indexOf("=") + 1) : ""]));
}

function tagsText(tags: Record<string, string>): string {
  return Object.entries(tags).map(([name, value]) => `${name}=${value}`).join(" ");
}

/** A title as an address. */
export function slugOf(title: string): string {
  return title.toLowerCase().normalize("NFKD").replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 40);
}

/** An entry one place up or down. */
export function moved<T>(list: readonly T[], from: number, by: -1 | 1): T[] {
  const next = [...list];
  const [taken] = next.splice(from, 1);
  next.splice(from + by, 0, taken!);
  return next;
}
