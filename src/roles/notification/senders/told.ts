/** What a message says, in the terms that providers share: a title, a text, a state, a severity and a key for all messages of one outage. */
import { iso } from "#kernel/clock";
import type { EventData } from "../event_data.ts";
import { type EscapeName, escapes } from "../templates/escapes.ts";
import { renderMessage } from "../templates/message.ts";
import { textFor } from "../templates/texts.ts";
import type { Provider } from "./provider.ts";
import type { Message } from "./sender.ts";

export interface Told {
  /** `ntf_…`, the same over all attempts. */
  id: string;
  /** "incident.opened", … */
  type: string;
  /** Whether something is wrong, somebody looks at it, or it is over. */
  state: "opened" | "acknowledged" | "resolved";
  severity: "critical" | "warning" | "info";
  /** The incident's id, or the message's own: what an alert is de-duplicated and closed by. */
  key: string;
  /** One line, plain. */
  title: string;
  text: string;
  /** The text in another notation, not cut. */
  textAs(escape: EscapeName): string;
  /** Name of the check, or "UptimePing". One line, plain, as the tags are. */
  source: string;
  tags: Record<string, string>;
  incidentId: string;
  startedAt: string;
  resolvedAt: string | undefined;
  at: string;
  nowMs: number;
  links: { incident?: string; check?: string; acknowledge?: string };
  /** The one this request is for, of a provider that is asked once for each. */
  to: string;
}

/** With what only some messages have. */
type Data = EventData & {
  links?: { incident?: string | null; check?: string | null; acknowledge?: string | null };
  group?: { items: { state: string }[] };
};

export function toldBy(message: Message, provider: Provider, settings: { template?: string | undefined }, nowMs: number): Told {
  const { incident, check, links, message: own } = message.data as Data;
  const at = iso(message.atMs);
  const { longest, escape } = provider;
  const title = cut(titleOf(message), longest.title ?? 200, longest.bytes);
  const textAs = (wanted: EscapeName) => textOf(message, textFor(provider.text, message, settings.template), wanted) || title;
  return {
    id: message.id,
    type: message.type,
    state: stateOf(message),
    severity: own || !incident ? "info" : incident.severity === "warning" ? "warning" : "critical",
    key: own ? message.id : (incident?.id ?? message.id),
    title,
    text: cut(textAs(escape), longest.text, longest.bytes),
    textAs,
    source: lineOf(check?.name ?? incident?.checkName ?? "") || "UptimePing",
    tags: Object.fromEntries(Object.entries((check?.tags ?? {}) as Record<string, string>).map((tag) => tag.map(lineOf))),
    incidentId: own ? "" : (incident?.id ?? ""),
    startedAt: textIn(incident?.startedAt) ?? at,
    resolvedAt: textIn(incident?.resolvedAt),
    at,
    nowMs,
    links: { incident: textIn(links?.incident), check: textIn(links?.check), acknowledge: textIn(links?.acknowledge) },
    to: "",
  };
}

function titleOf(message: Message): string {
  return renderMessage(textFor("title", message), message, "plain").replace(/\s+/g, " ").trim();
}

function lineOf(text: string): string {
  return cut(escapes.plain(text).replace(/\s+/g, " ").trim(), 200);
}

function textOf(message: Message, template: string, escape: EscapeName): string {
  return renderMessage(template, message, escape).trim();
}

function stateOf({ type, data: said }: Message): Told["state"] {
  const data = said as Data;
  if (data.message) return "opened";
  const items = data.group?.items ?? [];
  if (items.length > 0) return items.every((item) => item.state === "resolved") ? "resolved" : "opened";
  if (type === "incident.resolved" || data.incident?.state === "resolved") return "resolved";
  return type === "incident.acknowledged" ? "acknowledged" : "opened";
}

const textIn = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** At most so many characters (or bytes of UTF-8), never half a character or half an escape. */
export function cut(text: string, most: number, inBytes = false): string {
  const size = inBytes ? Buffer.byteLength(text) : text.length;
  if (size <= most) return text;
  const kept = inBytes
    ? new TextDecoder().decode(Buffer.from(text).subarray(0, most - 3), { stream: true })
    : text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, "");
  return `${kept.replace(/&[a-z#0-9]{0,6}$/i, "").replace(/\\+$/, "")}…`;
}
