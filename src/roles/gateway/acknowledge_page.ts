/** The page behind the link in a message, made on the server: no script, nothing from elsewhere, nothing that a cache or a search engine keeps. */
import { createHash } from "node:crypto";
import type { AcknowledgeLink } from "#contracts/uptimeping/notification/v1/notification_pb";
import { iso } from "#kernel/clock";
import { escaped } from "./docs_page.ts";

interface Words {
  title: string;
  state: Record<string, string>;
  acknowledge: string;
  hint: string;
  thanks: string;
  thanksHint: string;
  alreadyHint: string;
  resolvedHint: string;
  since: string;
  severity: string;
  severities: Record<string, string>;
  reason: string;
  notFound: string;
  notFoundHint: string;
  busy: string;
  failed: string;
  againHint: string;
}

const en: Words = {
  title: "Incident",
  state: { open: "Open", acknowledged: "Acknowledged", resolved: "Resolved" },
  acknowledge: "Acknowledge",
  hint: "Says that somebody is looking at it: reminders and escalation end.",
  thanks: "Acknowledged, thank you",
  thanksHint: "Reminders and escalation have ended. The end of the incident is still told.",
  alreadyHint: "Somebody has acknowledged this already. There is nothing left to do here.",
  resolvedHint: "This is over. There is nothing left to do here.",
  since: "Since",
  severity: "Severity",
  severities: { critical: "critical", warning: "warning" },
  reason: "Reason",
  notFound: "This link does not work",
  notFoundHint: "It may have ended, or have been cut off on its way here.",
  busy: "Too many tries",
  failed: "Something failed on our side",
  againHint: "Try again in a minute.",
};

const ru: Words = {
  title: "Инцидент",
  state: { open: "Открыт", acknowledged: "Принят в работу", resolved: "Завершён" },
  acknowledge: "Принять в работу",
  hint: "Все увидят, что инцидентом занимаются: напоминания и эскалация прекратятся.",
  thanks: "Принято в работу, спасибо",
  thanksHint: "Напоминания и эскалация прекращены. О завершении инцидента сообщение придёт.",
  alreadyHint: "Инцидент уже принят в работу. Больше ничего делать не нужно.",
  resolvedHint: "Инцидент завершён. Больше ничего делать не нужно.",
  since: "С",
  severity: "Важность",
  severities: { critical: "критическая", warning: "предупреждение" },
  reason: "Причина",
  notFound: "Ссылка не работает",
  notFoundHint: "Возможно, её срок истёк или она была обрезана по пути.",
  busy: "Слишком много попыток",
  failed: "У нас что-то сломалось",
  againHint: "Попробуйте ещё раз через минуту.",
};

/** The incident; with the button while it is open. */
export function linkPage(http: Request, link: AcknowledgeLink): Response {
  const { words } = languageOf(http);
  if (link.state === "open") {
    const form = `<form method="post"><button>${words.acknowledge}</button></form><p>${words.hint}</p>`;
    return page(http, 200, words.title, factsOf(http, link) + form);
  }
  const hint = link.state === "resolved" ? words.resolvedHint : words.alreadyHint;
  return page(http, 200, words.title, `${factsOf(http, link)}<p>${hint}</p>`);
}

export function acknowledgedPage(http: Request, link: AcknowledgeLink): Response {
  const { words } = languageOf(http);
  return page(http, 200, words.thanks, `<p class="done" role="status">${words.thanks}</p>${factsOf(http, link)}<p>${words.thanksHint}</p>`);
}

/** One and the same page for every link that does not work, whatever is wrong with it. */
export function refusedPage(http: Request, status: number): Response {
  const { words } = languageOf(http);
  const [title, hint] = status === 404 ? [words.notFound, words.notFoundHint] : [status === 429 ? words.busy : words.failed, words.againHint];
  return page(http, status, title, `<h1>${title}</h1><p>${hint}</p>`);
}

function factsOf(http: Request, { checkName, state, severity, reason, startedAtMs }: AcknowledgeLink): string {
  const { words, language } = languageOf(http);
  const since = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }).format(startedAtMs);
  const facts = [
    [words.since, `<time datetime="${iso(startedAtMs)}">${escaped(since)} UTC</time>`],
    [words.severity, escaped(words.severities[severity] ?? severity)],
    [words.reason, escaped(reason)],
  ].filter(([, value]) => value !== "");
  const list = facts.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("");
  return `<p class="state ${escaped(state)}">${escaped(words.state[state] ?? state)}</p><h1>${escaped(checkName)}</h1><dl>${list}</dl>`;
}

function page(http: Request, status: number, title: string, body: string): Response {
  const { language } = languageOf(http);
  const html = `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>${title} · UptimePing</title><style>${css}</style></head><body><main>${body}</main></body></html>`;
  return new Response(html, { status, headers });
}

/** The first of our languages that the browser asks for; its list is in the order of its wishes but for weights, which browsers let fall. */
function languageOf(http: Request): { language: "en" | "ru"; words: Words } {
  const asked = (http.headers.get("accept-language") ?? "").toLowerCase().split(",").map((part) => part.trim().slice(0, 2));
  const language = asked.find((code) => code === "en" || code === "ru") === "ru" ? "ru" : "en";
  return { language, words: language === "ru" ? ru : en };
}

const css = `:root{color-scheme:light dark;--page:#f4f6f8;--card:#fff;--text:#17202a;--quiet:#52606d;--line:#d5dbe1;--act:#1257b8;--on-act:#fff;--bad:#b3261e;--ok:#17693a}
@media(prefers-color-scheme:dark){:root{--page:#11161c;--card:#1a2129;--text:#e8edf2;--quiet:#a4b0bc;--line:#36414c;--act:#7db4ff;--on-act:#0b1520;--bad:#ff9c93;--ok:#7fd6a0}}
body{font:17px/1.5 system-ui,sans-serif;margin:0;background:var(--page);color:var(--text)}
main{max-width:32rem;margin:10vh auto;padding:1.5rem;background:var(--card);border:1px solid var(--line);border-radius:12px;box-sizing:border-box}
@media(max-width:36rem){main{margin:1rem}}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem;overflow-wrap:anywhere}p{margin:0 0 1rem;color:var(--quiet)}p:last-child{margin:0}
.state{font-weight:600;margin:0;color:var(--quiet)}.state.open{color:var(--bad)}.done{font-size:1.25rem;font-weight:600;color:var(--ok)}
dl{display:grid;grid-template-columns:auto 1fr;gap:.3rem 1rem;margin:0 0 1.25rem}dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}
button{font:inherit;font-weight:600;width:100%;min-height:3rem;margin:0 0 .75rem;border:0;border-radius:8px;background:var(--act);color:var(--on-act);cursor:pointer}
button:focus-visible{outline:3px solid var(--text);outline-offset:2px}`;

const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${createHash("sha256").update(css).digest("base64")}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-robots-tag": "noindex, nofollow",
  vary: "Accept-Language",
};
