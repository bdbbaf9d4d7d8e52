/** What the senders use: a message becomes text in the notation of its channel. */
import type { Message } from "../senders/sender.ts";
import { compile } from "./engine.ts";
import { type EscapeName, escapes } from "./escapes.ts";
import { linesOf, reportOf, type Told, type Wording } from "./report.ts";
import { contextOf } from "./sample.ts";
import { localeName } from "./words.ts";

/** Throws TemplateProblem. */
export function renderMessage(text: string, message: Message, escape: EscapeName): string {
  return compile(text).render(contextOf(message.type, message.atMs, message.data, { locale: localeName(message.locale) }), escape);
}

/** How a link is written where a label can stand for its address. */
const linkIn: Partial<Record<EscapeName, (label: string, url: string) => string>> = {
  html: (label, url) => `<a href="${escapes.html(url)}">${escapes.html(label)}</a>`,
  telegram: (label, url) => `<a href="${escapes.telegram(url)}">${escapes.telegram(label)}</a>`,
  slack: (label, url) => `<${escapes.slack(url).replaceAll("|", "%7C")}|${escapes.slack(label)}>`,
  markdown: (label, url) => `[${escapes.markdown(label)}](${url.replace(/[()\s<>\\]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`)})`,
};

/** Everything but the title, one line for each fact, links last. */
export function bodyOf(told: Told, { notation, ...wording }: Wording & { notation: EscapeName }): string {
  const report = reportOf(told, wording);
  const link = linkIn[notation] ?? ((label, url) => escapes[notation](`${label}: ${url}`));
  const lines = [...linesOf(report).map((line) => escapes[notation](line)), ...report.links.map(({ label, url }) => link(label, url))];
  return lines.join(notation === "json" ? "\\n" : "\n");
}
