/** The small pages beside a status page: its door, the steps of a subscription, and what is said when there is none. */
import { escaped } from "../docs_page.ts";
import { shellHtml } from "./page_html.ts";
import { type Language, wordsIn } from "./words.ts";

/** How a page looks; what is there when nobody knows which page is meant. */
export interface Look {
  language: Language;
  theme: "auto" | "light" | "dark";
  title: string;
}

export const plainLook: Look = { language: "en", theme: "auto", title: "" };

const noindex = '<meta name="robots" content="noindex, nofollow"><link rel="icon" href="data:,">';

function pageOf(look: Look, title: string, inner: string): string {
  const name = look.title === "" || look.title === title ? title : `${title} · ${look.title}`;
  return shellHtml({ board: { document: look as never }, head: noindex, title: name, body: `<main class="narrow"><div class="panel"><h1>${escaped(title)}</h1>${inner}</div></main>`, script: false });
}

export function notFoundPage(): string {
  const { notFound, notFoundHint } = wordsIn.en;
  return pageOf(plainLook, notFound, `<p class="quiet">${notFoundHint}</p>`);
}

export function laterPage(look: Look): string {
  const { later, laterHint } = wordsIn[look.language];
  return pageOf(look, later, `<p class="quiet">${laterHint}</p>`);
}

export function doorPage(look: Look, action: string, wrong: "" | "wrong" | "busy"): string {
  const words = wordsIn[look.language];
  const said = wrong === "" ? "" : `<p class="bad" role="alert" id="why">${wrong === "wrong" ? words.wrongPassword : words.tooMany}</p>`;
  const marked = wrong === "wrong" ? ' aria-invalid="true" aria-describedby="why"' : "";
  return pageOf(look, words.protectedPage, `<p class="quiet">${escaped(look.title)}</p>${said}<form method="post" action="${action}"><div class="row"><label>${words.password}<input type="password" name="password" required autocomplete="current-password" maxlength="200"${marked}></label><button>${words.open}</button></div></form>`);
}

export function askedPage(look: Look, back: string): string {
  const words = wordsIn[look.language];
  return pageOf(look, words.subscribed, `<p>${words.subscribedHint}</p><p><a href="${back || "/"}">${escaped(look.title)}</a></p>`);
}

export function refusedPage(look: Look, why: "address" | "busy", back: string): string {
  const words = wordsIn[look.language];
  return pageOf(look, why === "busy" ? words.tooMany : words.badAddress, `<p><a href="${back || "/"}">${escaped(look.title)}</a></p>`);
}

/** Before: a button, since programs that look at mails follow links too. After: that it is so. */
export function linkPage(look: Look, { purpose, address, done }: { purpose: string; address: string; done: boolean }): string {
  const words = wordsIn[look.language];
  const isConfirm = purpose === "confirm";
  const who = `<p class="quiet">${escaped(address)}</p>`;
  if (done) return pageOf(look, isConfirm ? words.confirmed : words.unsubscribed, who);
  return pageOf(look, look.title || words.subscribe, `${who}<form method="post"><button>${isConfirm ? words.confirm : words.unsubscribe}</button></form>`);
}
