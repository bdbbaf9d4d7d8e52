/** The public page, made on the server: it says everything without a script. */
import { iso } from "#kernel/clock";
import { escaped } from "../docs_page.ts";
import { type Board, type Component, type Group, type Note, pastDays } from "./board.ts";
import { barsSvg, dayLabels, latencySvg, shape } from "./figures_svg.ts";
import { markdownHtml, markdownText } from "./markdown.ts";
import { cssPath, scriptPath } from "./page_css.ts";
import { day, filled, type Language, minute, percent, span, type Words, wordsIn } from "./words.ts";

export interface PageOptions {
  /** Where the page is: "" on its own domain, else `/status/{slug}`. */
  base: string;
  /** With scheme and host, for those who share it; "" when it is not known. */
  publicUrl: string;
  stale: boolean;
  /** In the editor: without script, and nothing to fill in. */
  preview: boolean;
  nowMs: number;
}

interface View extends PageOptions {
  board: Board;
  language: Language;
  words: Words;
}

export function pageHtml(board: Board, options: PageOptions): string {
  const { language } = board.document;
  const view: View = { ...options, board, language, words: wordsIn[language] };
  const { document } = board;
  const about = document.description === "" ? "" : `<div class="about">${markdownHtml(document.description)}</div>`;
  const body = `<a class="skip" href="#main">${view.words.skip}</a><div class="wrap"><header class="top"><h1>${escaped(document.title)}</h1>${about}</header><main id="main">${mainHtml(view)}</main>${footerHtml(view)}</div>`;
  return shellHtml({ board, head: headHtml(view), title: document.title, body, script: !options.preview });
}

export function widgetHtml(board: Board, options: PageOptions): string {
  const words = wordsIn[board.document.language];
  const title = board.document.title;
  const link = `${options.publicUrl}${options.base || "/"}`;
  const body = `<main class="widget"><a class="is-${board.overall}" href="${escaped(link)}" target="_blank" rel="noopener">${shape(board.overall)}<span><strong>${words.overall[board.overall]}</strong>${escaped(title)}</span></a></main>`;
  return shellHtml({ board, head: '<meta name="robots" content="noindex">', title, body, script: false });
}

interface Shell {
  board: Pick<Board, "document">;
  head: string;
  title: string;
  body: string;
  script: boolean;
}

export function shellHtml({ board: { document }, head, title, body, script }: Shell): string {
  const theme = document.theme === "auto" ? "" : ` data-theme="${document.theme}"`;
  return `<!doctype html><html lang="${document.language}"${theme}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)}</title>${head}<link rel="stylesheet" href="${cssPath}">${script ? `<script src="${scriptPath}" defer></script>` : ""}</head><body>${body}</body></html>`;
}

function headHtml({ board, base, publicUrl, words, preview }: View): string {
  const { title, description } = board.document;
  const text = `${words.overall[board.overall]}${description === "" ? "" : `. ${markdownText(description).replaceAll(/\s+/g, " ").slice(0, 160)}`}`;
  const isHidden = preview || board.passwordHash !== "" || !board.document.published;
  const own = `${publicUrl}${base || "/"}`;
  return [
    `<meta name="description" content="${escaped(text)}">`,
    isHidden ? '<meta name="robots" content="noindex, nofollow">' : "",
    `<meta property="og:type" content="website"><meta property="og:title" content="${escaped(title)}"><meta property="og:description" content="${escaped(text)}"><meta property="og:site_name" content="${escaped(title)}">`,
    publicUrl === "" ? "" : `<meta property="og:url" content="${escaped(own)}"><link rel="canonical" href="${escaped(own)}">`,
    '<meta name="twitter:card" content="summary">',
    `<link rel="icon" href="data:,"><link rel="alternate" type="application/rss+xml" title="RSS" href="${base}/rss"><link rel="alternate" type="application/atom+xml" title="Atom" href="${base}/atom">`,
  ].join("");
}

function mainHtml(view: View): string {
  const { board, words, language, stale } = view;
  const when = `<p class="when">${words.asOf}<br>${timeHtml(board.atMs, language)}</p>`;
  const overall = `<div class="overall is-${board.overall}" role="status">${shape(board.overall)}<h2>${words.overall[board.overall]}</h2>${when}</div>`;
  const labels = dayLabels(board.groups.flatMap(({ components }) => components), language);
  const groups = board.groups.length === 0 ? `<p class="quiet">${words.empty}</p>` : board.groups.map((group, index) => groupHtml(group, index, { view, labels })).join("");
  return [
    stale ? `<p class="stale">${words.stale}</p>` : "",
    overall,
    sectionHtml(words.active, board.active.map((note) => noteHtml(note, view)).join("")),
    `<section aria-label="${words.other}">${groups}</section>`,
    sectionHtml(words.planned, board.planned.map((note) => noteHtml(note, view)).join("")),
    sectionHtml(words.past, pastHtml(view)),
    subscribeHtml(view),
  ].join("");
}

function sectionHtml(title: string, inner: string): string {
  return inner === "" ? "" : `<section aria-label="${title}"><h2>${title}</h2>${inner}</section>`;
}

interface GroupView {
  view: View;
  labels: ReadonlyMap<number, string>;
}

function groupHtml(group: Group, index: number, { view, labels }: GroupView): string {
  const { words } = view;
  const components = group.components.map((component) => componentHtml(component, view, labels)).join("");
  const wide = group.components.length > 1 ? " columns" : "";
  const state = `<span class="state is-${group.state}">${shape(group.state)} ${words.states[group.state]}</span>`;
  if (group.collapsed) return `<details class="group${wide}" id="group-${index}"><summary><h3>${escaped(group.name || words.other)}</h3>${state}</summary>${components}</details>`;
  return `<div class="group${wide}">${group.name === "" ? "" : `<div class="group-head"><h3>${escaped(group.name)}</h3></div>`}${components}</div>`;
}

function componentHtml(component: Component, { board, words, language }: View, labels: ReadonlyMap<number, string>): string {
  const { name, state, uptime, days } = component;
  const head = `<div class="component-head"><h4>${escaped(name)}</h4><span class="state is-${state}">${shape(state)} ${words.states[state]}</span></div>`;
  const share = uptime === undefined ? words.noData : `${percent(uptime, language)} ${words.uptimeShort}`;
  const bars = days.length === 0 ? "" : `${barsSvg(component, language, labels)}<div class="ends"><span>${words.daysAgo}</span><span class="u">${share}</span><span>${words.today}</span></div>`;
  return `<div class="component">${head}${bars}${board.document.showLatency ? latencySvg(component, language) : ""}</div>`;
}

function timeHtml(ms: number, language: Language): string {
  return `<time datetime="${iso(ms)}">${escaped(minute(ms, language))}</time>`;
}

const impactStates: Record<string, string> = { none: "unknown", minor: "degraded", major: "down", maintenance: "maintenance" };

function noteHtml(note: Note, { words, language }: Pick<View, "words" | "language">): string {
  const isOver = note.state === "resolved" || note.state === "completed";
  const until = note.endsAtMs === 0 ? "" : ` ${words.until} ${timeHtml(note.endsAtMs, language)}`;
  const affected = note.affected.filter((name) => name !== note.title);
  const meta = [
    words.noteStates[note.state] ?? note.state,
    words.impacts[note.impact] ?? "",
    `${words.from} ${timeHtml(note.startsAtMs, language)}${until}`,
    affected.length === 0 ? "" : `${words.affects}: ${escaped(affected.slice(0, 20).join(", "))}`,
  ].filter((part) => part !== "");
  const updates = note.updates.map(({ atMs, state, text }) => `<li><strong>${words.noteStates[state] ?? state}</strong> <time datetime="${iso(atMs)}">${minute(atMs, language)}</time><div class="said">${markdownHtml(text)}</div></li>`);
  const own = note.updates.length > 0 ? "" : noticedText(note, words, language, isOver);
  return `<article class="note is-${isOver ? "up" : (impactStates[note.impact] ?? "unknown")}"><h3>${escaped(note.title)}</h3><p class="meta">${meta.map((part) => `<span>${part}</span>`).join("")}</p>${own}${updates.length === 0 ? "" : `<ol class="updates">${updates.join("")}</ol>`}</article>`;
}

function noticedText(note: Note, words: Words, language: Language, isOver: boolean): string {
  if (note.kind === "maintenance") return "";
  return `<p class="quiet">${words.noticed}${isOver ? ` ${filled(words.over, { span: span(note.endsAtMs - note.startsAtMs, language) })}` : ""}</p>`;
}

/** Day by day, also those on which nothing was. */
function pastHtml(view: View): string {
  const { board, words, language, nowMs } = view;
  if (!board.document.showIncidents && board.past.length === 0) return "";
  const dayMs = 86_400_000;
  const today = Math.floor(nowMs / dayMs) * dayMs;
  const days = Array.from({ length: pastDays }, (_, i) => today - i * dayMs);
  const items = days.map((from) => {
    const notes = board.past.filter(({ startsAtMs }) => startsAtMs >= from && startsAtMs < from + dayMs);
    const inner = notes.length === 0 ? `<p class="quiet">${words.quietDay}</p>` : notes.map((note) => noteHtml(note, view)).join("");
    return `<li${notes.length === 0 ? ' class="none"' : ""}><h3><time datetime="${iso(from).slice(0, 10)}" data-day>${day(from, language)}</time></h3>${inner}</li>`;
  });
  return `<ol class="days">${items.join("")}</ol>`;
}

function subscribeHtml({ board, words, base, preview }: View): string {
  if (!board.document.subscribe) return "";
  const off = preview ? " disabled" : "";
  const form = (kind: string, label: string, type: string) =>
    `<form method="post" action="${base}/subscribe"><input type="hidden" name="kind" value="${kind}"><div class="row"><label>${label}<input name="address" type="${type}" required maxlength="2000"${kind === "email" ? ' autocomplete="email"' : ""}${off}></label><button${off}>${words.subscribe}</button></div></form>`;
  const email = board.document.emailChannel === "" ? "" : form("email", words.email, "email");
  const webhook = form("webhook", words.webhookUrl, "url");
  return `<section aria-label="${words.subscribe}" id="subscribe"><div class="panel"><h2>${words.subscribe}</h2><p class="quiet">${words.subscribeHint}</p>${email}${email === "" ? webhook : `<details id="by-webhook"><summary>${words.webhook}</summary>${webhook}</details>`}</div></section>`;
}

function footerHtml({ board, words, base }: View): string {
  const { footer, links } = board.document;
  const own = links.map(({ label, url }) => `<li><a href="${escaped(url)}" rel="noopener">${escaped(label)}</a></li>`);
  const feeds = `<li>${words.feeds}: <a href="${base}/rss">RSS</a>, <a href="${base}/atom">Atom</a>, <a href="${base === "" ? "/status" : base}.json">JSON</a></li>`;
  return `<footer>${footer === "" ? "" : markdownHtml(footer)}<ul>${own.join("")}${feeds}</ul></footer>`;
}
