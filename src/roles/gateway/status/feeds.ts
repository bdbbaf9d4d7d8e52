/** RSS 2.0, Atom and JSON of a status page: the same notes and states as on the page. */
import { iso } from "#kernel/clock";
import type { Board, Note } from "./board.ts";
import { markdownHtml, markdownText } from "./markdown.ts";
import { wordsIn } from "./words.ts";

interface Entry {
  id: string;
  title: string;
  html: string;
  atMs: number;
}

const mostEntries = 50;

export function rss(board: Board, link: string): string {
  const items = entriesOf(board).map(({ id, title, html, atMs }) => `<item><title>${xml(title)}</title><link>${xml(link)}</link><guid isPermaLink="false">${xml(id)}</guid><pubDate>${new Date(atMs).toUTCString()}</pubDate><description>${xml(html)}</description></item>`);
  const { title, description, language } = board.document;
  return `<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>${xml(title)}</title><link>${xml(link)}</link><description>${xml(description || wordsIn[language].overall[board.overall])}</description><language>${language}</language><atom:link href="${xml(`${link.replace(/\/$/, "")}/rss`)}" rel="self" type="application/rss+xml"/>${items.join("")}</channel></rss>`;
}

export function atom(board: Board, link: string): string {
  const all = entriesOf(board);
  const entries = all.map(({ id, title, html, atMs }) => `<entry><id>urn:uptimeping:${xml(id)}</id><title>${xml(title)}</title><updated>${iso(atMs)}</updated><link href="${xml(link)}"/><content type="html">${xml(html)}</content></entry>`);
  return `<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:uptimeping:${xml(board.pageId)}</id><title>${xml(board.document.title)}</title><author><name>${xml(board.document.title)}</name></author><updated>${iso(all[0]?.atMs ?? board.atMs)}</updated><link href="${xml(link)}"/><link rel="self" href="${xml(`${link.replace(/\/$/, "")}/atom`)}"/>${entries.join("")}</feed>`;
}

export function pageJson(board: Board, stale: boolean): string {
  const { title, description, language } = board.document;
  return JSON.stringify({
    title,
    description,
    language,
    state: board.overall,
    summary: wordsIn[language].overall[board.overall],
    asOf: iso(board.atMs),
    stale,
    groups: board.groups.map((group) => ({
      name: group.name,
      state: group.state,
      components: group.components.map(({ id, name, state, uptime, days, p50Ms }) => ({
        checkId: id,
        name,
        state,
        uptime90d: uptime ?? null,
        days: days.map((one) => ({ date: iso(one.fromMs).slice(0, 10), uptime: one.up + one.down === 0 ? null : one.up / (one.up + one.down) })),
        ...(board.document.showLatency && { latencyP50Ms: p50Ms ?? null }),
      })),
    })),
    active: board.active.map(noteView),
    planned: board.planned.map(noteView),
    past: board.past.map(noteView),
  });
}

function noteView({ id, kind, title, impact, state, startsAtMs, endsAtMs, affected, updates }: Note) {
  const time = (ms: number) => (ms > 0 ? iso(ms) : null);
  return { id, kind, title, impact, state, startsAt: time(startsAtMs), endsAt: time(endsAtMs), affected, updates: updates.map(({ atMs, state: then, text }) => ({ at: iso(atMs), state: then, text: markdownText(text) })) };
}

/** Each update is one, so that a reader shows what is new; what the monitor noticed is one when it begins and one when it is over. */
function entriesOf(board: Board): Entry[] {
  const words = wordsIn[board.document.language];
  const all = [...board.active, ...board.planned, ...board.past].flatMap((note): Entry[] => {
    const said = (state: string) => `${words.noteStates[state] ?? state}: ${note.title}`;
    const html = `<p>${xml(words.affects)}: ${xml(note.affected.join(", "))}</p>`;
    const isOver = note.state === "resolved" || note.state === "completed";
    if (note.updates.length > 0) return note.updates.map(({ atMs, state, text }) => ({ id: `${note.id}-${atMs}-${state}`, title: said(state), html: markdownHtml(text), atMs }));
    const begun = { id: `${note.id}-begun`, title: said(note.kind === "incident" ? "investigating" : note.state), html, atMs: note.startsAtMs };
    return isOver ? [begun, { id: `${note.id}-over`, title: said(note.state), html, atMs: note.updatedAtMs }] : [begun];
  });
  return all.toSorted((a, b) => b.atMs - a.atMs).slice(0, mostEntries);
}

/** What XML 1.0 cannot hold is left out. */
function xml(text: string): string {
  return text
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
