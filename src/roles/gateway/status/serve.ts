/**
 * What the public asks for: `/status/{slug}` with its feeds and its widget, `/badge/{checkId}/{kind}.svg`, and the same page at `/` of its
 * own domain, where nothing else of ours is reached. All of it comes from memory; only passwords and subscriptions cost more.
 */
import { pathnameOf } from "../route_index.ts";
import type { Exchange } from "../pipeline.ts";
import { badgeKinds, badgeSvg } from "./badges.ts";
import type { Boards, Shown } from "./boards.ts";
import type { Door } from "./door.ts";
import { doorPage, laterPage, notFoundPage, plainLook } from "./message_pages.ts";
import { statusAssets } from "./page_css.ts";
import { bytesOf, type Bytes, type Form, respond } from "./rendered.ts";
import type { StatusForms } from "./forms.ts";

export interface StatusServer {
  /** For paths below `/status/` and `/badge/`. */
  serve(exchange: Exchange): Promise<Response>;
  /** What a page of its own domain answers; undefined when the host is nobody's. */
  onOwnDomain(exchange: Exchange): Promise<Response> | undefined;
}

export interface StatusServerParts {
  boards: Boards;
  door: Door;
  forms: StatusForms;
  pageHeaders: Record<string, string>;
  observe: (route: string, method: string, status: number, seconds: number) => void;
  monotonic: () => number;
}

const pageCsp = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const widgetCsp = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors *";
/** Caches between us and visitors may show it a little longer, and much longer while we are away. */
const shared = "public, max-age=5, stale-while-revalidate=30, stale-if-error=86400";

export function createStatusServer(parts: StatusServerParts): StatusServer {
  const { boards, door, forms, observe, monotonic } = parts;
  const { "x-frame-options": _noFrames, "cross-origin-resource-policy": _ownOnly, "cross-origin-opener-policy": _opener, ...open } = parts.pageHeaders;
  const headers = {
    page: { ...parts.pageHeaders, "content-security-policy": pageCsp, "cache-control": shared },
    widget: { ...open, "content-security-policy": widgetCsp, "cache-control": shared, "cross-origin-resource-policy": "cross-origin" },
    data: { ...open, "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'", "cache-control": shared, "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" },
    asset: { ...parts.pageHeaders, "cross-origin-resource-policy": "cross-origin", "cache-control": "public, max-age=31536000, immutable" },
    closed: { ...parts.pageHeaders, "content-security-policy": pageCsp, "cache-control": "private, no-store" },
  };
  const assets = new Map([...statusAssets].map(([path, { type, bytes }]) => [path, bytesOf(type, bytes)]));
  const badges = new Map<string, { of: string; bytes: Bytes }>();
  const html = (status: number, text: string, more: Record<string, string> = {}) => new Response(text, { status, headers: { ...headers.closed, "content-type": "text/html; charset=utf-8", ...more } });
  const nothing = () => (boards.isRead() ? html(404, notFoundPage()) : html(503, laterPage(plainLook), { "retry-after": "5" }));

  const form = (http: Request, { board, rendered }: Shown, which: Form): Response => {
    if (!door.isOpen(http, board)) return html(401, doorPage(board.document, which.endsWith(" own") ? "/password" : `/status/${board.document.slug}/password`, ""));
    const kind = which.split(" ")[0];
    const of = kind === "html" ? headers.page : kind === "widget" ? headers.widget : headers.data;
    return respond(http, rendered.bytes(which), board.passwordHash === "" ? of : { ...of, "cache-control": "private, no-store" });
  };

  const badge = (http: Request, pathname: string): Response => {
    const [, checkId = "", kind = ""] = /^\/badge\/([^/]+)\/([a-z]+)\.svg$/.exec(pathname) ?? [];
    const found = badgeKinds.find((one) => one === kind);
    const published = found && boards.component(checkId);
    if (!published) return new Response("not found\n", { status: 404, headers: { ...headers.data, "cache-control": "no-store", "content-type": "text/plain; charset=utf-8" } });
    const text = badgeSvg(found, published.component, published.board.document.language);
    const known = badges.get(pathname);
    const bytes = known?.of === text ? known.bytes : bytesOf("image/svg+xml; charset=utf-8", text);
    if (bytes !== known?.bytes) badges.set(pathname, { of: text, bytes });
    return respond(http, bytes, headers.data);
  };

  /** `rest` is what stands after the page's own place. */
  const ofPage = async (exchange: Exchange, shown: Shown, { rest, own }: { rest: string; own: boolean }): Promise<Response> => {
    const { http } = exchange;
    const suffix = own ? " own" : "";
    const base = own ? "" : `/status/${shown.board.document.slug}`;
    if (http.method === "POST") {
      if (rest === "password") return forms.password(exchange, shown.board, { base, html });
      if (rest === "subscribe" && door.isOpen(http, shown.board)) return forms.subscribe(exchange, shown.board, { base, html });
      return rest === "subscribe" ? nothing() : notAllowed();
    }
    if (rest === "") return form(http, shown, `html${suffix}` as Form);
    if (rest === "widget" || rest === "rss" || rest === "atom") return form(http, shown, `${rest}${suffix}` as Form);
    if (rest === "password" || rest === "subscribe") return new Response(null, { status: 303, headers: { location: base || "/" } });
    return nothing();
  };

  const answer = async (exchange: Exchange, pathname: string): Promise<Response> => {
    const { http } = exchange;
    const isRead = http.method === "GET" || http.method === "HEAD";
    if (!isRead && http.method !== "POST") return notAllowed();
    if (pathname.startsWith("/badge/")) return isRead ? badge(http, pathname) : notAllowed();
    const asset = assets.get(pathname);
    if (asset) return respond(http, asset, headers.asset);
    const [slug = "", ...more] = pathname.slice("/status/".length).replace(/\/$/, "").split("/");
    if (slug === "-") return more[0] === "link" && more.length === 2 ? forms.link(exchange, more[1]!, html) : nothing();
    if (slug.endsWith(".json") && more.length === 0) {
      const shown = boards.bySlug(slug.slice(0, -".json".length));
      return shown ? form(http, shown, "json") : nothing();
    }
    const shown = boards.bySlug(slug);
    return shown ? ofPage(exchange, shown, { rest: more.join("/"), own: false }) : nothing();
  };

  const onDomain = (exchange: Exchange, shown: Shown): Promise<Response> => {
    const pathname = pathnameOf(exchange.http);
    const { slug } = shown.board.document;
    const isOwn = pathname.startsWith("/status/-/") || pathname === `/status/${slug}.json` || pathname.startsWith("/badge/");
    if (isOwn) return answer(exchange, pathname);
    if (pathname === "/status.json") return Promise.resolve(form(exchange.http, shown, "json"));
    if (!["GET", "HEAD", "POST"].includes(exchange.http.method)) return Promise.resolve(notAllowed());
    return ofPage(exchange, shown, { rest: pathname.slice(1).replace(/\/$/, ""), own: true });
  };

  const observed = async (route: string, { http }: Exchange, work: Promise<Response>): Promise<Response> => {
    const startedMs = monotonic();
    const response = await work.catch(() => html(503, laterPage(plainLook), { "retry-after": "5" }));
    observe(route, http.method, response.status, (monotonic() - startedMs) / 1_000);
    return response;
  };

  return {
    serve(exchange) {
      const pathname = pathnameOf(exchange.http);
      return observed(pathname.startsWith("/badge/") ? "/badge" : "/status", exchange, answer(exchange, pathname));
    },
    onOwnDomain(exchange) {
      if (!boards.hasDomains()) return undefined;
      const host = (exchange.http.headers.get("host") ?? "").toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
      const shown = boards.byDomain(host);
      return shown && observed("/status", exchange, onDomain(exchange, shown));
    },
  };
}

function notAllowed(): Response {
  return new Response("not possible here\n", { status: 405, headers: { allow: "GET, HEAD", "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" } });
}
