/** Pages by path, on the History API. Links are plain `<a href>`; this takes the clicks that stay on the site. */
import { cell } from "./store.ts";

export interface Place {
  path: string;
  query: URLSearchParams;
}

export const place = cell<Place>(here());

interface Hold {
  ask: (to: string) => void;
  /** Where the unsaved work is. */
  at: string;
}

let hold: Hold | undefined;

/** While there is unsaved work: every way out of the page is told to `ask`, and is open only after `letGo`. */
export function holdHere(ask: (to: string) => void): void {
  hold = { ask, at: location.pathname + location.search };
}

export function letGo(): void {
  hold = undefined;
}

export function followLinks(): void {
  addEventListener("popstate", () => {
    if (!hold) return place.set(here());
    const to = location.pathname + location.search;
    history.pushState(null, "", hold.at);
    hold.ask(to);
  });
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a");
    const other = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (!link || other || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}

export function go(to: string): void {
  if (hold) return hold.ask(to);
  history.pushState(null, "", to);
  place.set(here());
  scrollTo(0, 0);
}

/** Keeps a filter in the address, so that a reload and a shared link show the same list; no page change. */
export function keepInAddress(parts: Record<string, string>): void {
  const search = new URLSearchParams(Object.entries(parts).filter(([, value]) => value));
  const text = search.toString();
  history.replaceState(null, "", location.pathname + (text && `?${text}`));
}

function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}
