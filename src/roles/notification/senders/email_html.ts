/**
 * The HTML of a mail: one column that fits a phone, styles inline because clients drop the rest, and nothing that is loaded from elsewhere.
 * Colour is never the only sign: the title says the same in words.
 */
import { escapes } from "../templates/escapes.ts";
import type { Report } from "../templates/report.ts";

export interface Page {
  report: Report;
  locale: string;
  colour: Colour;
  /** The text of a template of the user's own, which then stands where the facts would. */
  ownText?: string | undefined;
  picture?: { cid: string; alt: string } | undefined;
}

export type Colour = "red" | "amber" | "green" | "blue";

const colours: Record<Colour, string> = { red: "#b91c1c", amber: "#b45309", green: "#15803d", blue: "#1d4ed8" };
const html = escapes.html;

// Clients that know dark mode also know !important in a style sheet; the rest show the inline styles.
const darkStyles = `@media (prefers-color-scheme: dark) {
  .page { background: #0f172a !important; }
  .card { background: #1e293b !important; }
  .text { color: #f1f5f9 !important; }
  .dim { color: #cbd5e1 !important; }
  .rule { border-color: #334155 !important; }
}`;

export function emailHtml({ report, locale, colour, ownText, picture }: Page): string {
  const preheader = report.facts[0]?.value ?? (report.text || (report.items[0]?.title ?? ""));
  const parts =
    ownText !== undefined
      ? [paragraph(ownText)]
      : [report.text === "" ? "" : paragraph(report.text), table(report.facts.map(factRow)), table(report.items.map(itemRow)), image(picture)];
  return `<!doctype html>
<html lang="${html(locale)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><title>${html(report.title)}</title>
<style>${darkStyles}</style></head>
<body class="page" style="margin:0;padding:0;background:#f1f5f9">
<div style="display:none;max-height:0;overflow:hidden">${html(preheader)}</div>
<div class="page" style="padding:12px;background:#f1f5f9;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5">
<div class="card" style="max-width:568px;margin:0 auto;background:#ffffff;border-top:6px solid ${colours[colour]};border-radius:6px;overflow:hidden">
<div style="padding:16px">
<h1 class="text" style="margin:0 0 12px;font-size:20px;line-height:1.3;color:#0f172a;overflow-wrap:anywhere">${html(report.title)}</h1>
${[...parts, buttons(report.links)].filter((part) => part !== "").join("\n")}
</div></div></div></body></html>`;
}

function paragraph(text: string): string {
  return `<p class="text" style="margin:0 0 12px;color:#0f172a;white-space:pre-line;overflow-wrap:anywhere">${html(text)}</p>`;
}

function table(rows: string[]): string {
  return rows.length === 0 ? "" : `<table role="presentation" style="width:100%;border-collapse:collapse;margin:0 0 16px">${rows.join("")}</table>`;
}

function factRow({ label, value }: Report["facts"][number]): string {
  const cell = "padding:6px 0;border-bottom:1px solid #e2e8f0;vertical-align:top;text-align:left";
  return `<tr><th scope="row" class="dim rule" style="${cell};width:34%;padding-right:12px;font-weight:normal;color:#475569">${html(label)}</th><td class="text rule" style="${cell};color:#0f172a;overflow-wrap:anywhere;word-break:break-word">${html(value)}</td></tr>`;
}

function itemRow({ title, detail }: Report["items"][number]): string {
  return `<tr><td class="text rule" style="padding:8px 0;border-bottom:1px solid #e2e8f0;color:#0f172a;overflow-wrap:anywhere">${html(title)}<br><span class="dim" style="color:#475569;font-size:14px">${html(detail)}</span></td></tr>`;
}

function image(picture: Page["picture"]): string {
  if (picture === undefined) return "";
  const alt = html(picture.alt);
  return `<img src="cid:${html(picture.cid)}" alt="${alt}" width="536" style="display:block;width:100%;max-width:536px;height:auto;border-radius:4px"><p class="dim" style="margin:4px 0 16px;font-size:14px;color:#475569">${alt}</p>`;
}

function buttons(links: Report["links"]): string {
  return links
    .map(({ name, label, url }) => {
      const look = name === "incident" ? "background:#1d4ed8;color:#ffffff" : "background:#ffffff;color:#1d4ed8";
      return `<a href="${html(url)}" style="display:inline-block;margin:0 8px 8px 0;padding:11px 18px;border:1px solid #1d4ed8;border-radius:6px;${look};font-weight:600;text-decoration:none">${html(label)}</a>`;
    })
    .join("");
}
