/** The form of a channel, made from what the server says about its provider. */
import type { Field, FieldKind } from "./fields.ts";
import { t } from "./i18n.ts";
import { textOf } from "./pointer.ts";
import type { Channel, ChannelProvider, ProviderField } from "./types.ts";

/** In this order; a group that is not here stands at the end. */
const groupNames: Record<string, string> = {
  chat: t("Chat and mail"),
  push: t("Push"),
  "on-call": t("On call"),
  sms: t("SMS"),
  "issue tracker": t("Issues"),
  generic: t("Anything else"),
};

export type ProviderGroup = readonly [label: string, providers: ChannelProvider[]];

/** Those whose name, type or group has every word of `search` in it. */
export function groupsOf(providers: readonly ChannelProvider[], search: string): ProviderGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = providers.filter(({ type, title, group }) => {
    const text = `${type} ${title} ${groupNames[group] ?? group}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const byGroup = Map.groupBy(found, ({ group }) => group);
  const names = [...new Set([...Object.keys(groupNames), ...byGroup.keys()])];
  return names.flatMap((name) => (byGroup.has(name) ? [[groupNames[name] ?? name, byGroup.get(name)!] as const] : []));
}

const name: Field = { pointer: "/name", label: t("Name"), kind: "text", required: true, placeholder: t("On call") };
const enabled: Field = { pointer: "/enabled", label: t("Enabled"), kind: "flag", initial: true };
const locale: Field = {
  pointer: "/locale",
  label: t("Language"),
  kind: "choice",
  initial: "en",
  more: true,
  choices: [
    ["en", "English"],
    ["ru", "Русский"],
  ],
};

/** `others` are the channels that may be told in its place. */
export function fieldsOfChannel(provider: ChannelProvider | undefined, others: readonly Pick<Channel, "id" | "name">[]): Field[] {
  return [name, ...(provider?.fields ?? []).map(fieldOf), fallbackTo(others), locale, enabled];
}

function fallbackTo(others: readonly Pick<Channel, "id" | "name">[]): Field {
  return {
    pointer: "/fallback",
    label: t("When it cannot deliver, tell"),
    kind: "choice",
    more: true,
    choices: [["", t("nobody else")], ...others.map((channel) => [channel.id, channel.name] as const)],
  };
}

const kinds: Record<ProviderField["kind"], FieldKind> = {
  text: "text",
  secret: "secret",
  url: "text",
  number: "number",
  choice: "choice",
  list: "list",
  boolean: "flag",
  headers: "pairs",
  template: "area",
  certificates: "file",
};

function fieldOf({ name, label, kind, required, secret, right, example, help, more, choices, initial }: ProviderField): Field {
  return {
    pointer: `/settings/${name}`,
    label,
    kind: secret && kind === "url" ? "secret" : kinds[kind],
    required,
    placeholder: example || (kind === "boolean" ? "" : textOf(initial)),
    more,
    wide: kind === "url" || kind === "list" || kind === "template" || kind === "certificates" || kind === "headers",
    hint: help || (kind === "text" || kind === "secret" || kind === "list" ? right : ""),
    ...(kind === "boolean" && { initial: initial === true }),
    ...(kind === "choice" && { initial: textOf(initial), choices: [...(initial === null ? [["", t("Usual")] as const] : []), ...choices.map((one) => [one, one] as const)] }),
  };
}
