/** Pages by path, on the History API. Links are plain `<a href>`; this takes the clicks that stay on the site. */
import { cell } from "./store.ts";

export interface Place {
  path: string;
  query: URLSearchParams;
}

export const place = cell<Place>(here());

export function followLinks(): void {
  addEventListener("popstate", () => place.set(here()));
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
