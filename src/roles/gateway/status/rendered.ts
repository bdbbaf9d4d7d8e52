/**
 * A board as bytes: each of its forms is made once for what it says, with its compressed ones and its ETag. A new board takes over the
 * bytes when nothing but the second has changed; forms that somebody asked for before are made anew at once, so that no visitor waits.
 */
import { createHash } from "node:crypto";
import type { Clock } from "#kernel/clock";
import { encode, type Encoding, encodingFor } from "../encodings.ts";
import type { Board } from "./board.ts";
import { atom, pageJson, rss } from "./feeds.ts";
import { pageHtml, type PageOptions, widgetHtml } from "./page_html.ts";

/** `own`: as on the page's own domain. */
export type Form = "html" | "widget" | "json" | "rss" | "atom" | "html own" | "widget own" | "rss own" | "atom own";

export interface Bytes {
  type: string;
  etag: string;
  plain: Uint8Array<ArrayBuffer>;
  encoded: Partial<Record<Encoding, Uint8Array<ArrayBuffer>>>;
}

export interface Rendered {
  bytes(form: Form): Bytes;
  next(board: Board, stale: boolean): Rendered;
}

interface Around {
  publicUrl: string;
  clock: Clock;
  stale: boolean;
}

const types: Record<string, string> = {
  html: "text/html; charset=utf-8",
  widget: "text/html; charset=utf-8",
  json: "application/json",
  rss: "application/rss+xml; charset=utf-8",
  atom: "application/atom+xml; charset=utf-8",
};

export function createRendered(board: Board, around: Around): Rendered {
  const made = new Map<Form, Bytes>();
  const sense = senseOf(board, around.stale);
  const bytes = (form: Form): Bytes => {
    const known = made.get(form) ?? bytesOf(typeOf(form), textOf(form, board, around));
    made.set(form, known);
    return known;
  };
  return {
    bytes,
    next(later, stale) {
      if (senseOf(later, stale) === sense) return this;
      const next = createRendered(later, { ...around, stale });
      for (const form of made.keys()) next.bytes(form);
      return next;
    },
  };
}

/** The time of the data is told to the minute. */
function senseOf(board: Board, stale: boolean): string {
  return JSON.stringify([{ ...board, atMs: Math.floor(board.atMs / 60_000) }, stale]);
}

function typeOf(form: Form): string {
  return types[form.split(" ")[0]!]!;
}

function textOf(form: Form, board: Board, { publicUrl, clock, stale }: Around): string {
  const { slug, domain } = board.document;
  const isOwn = form.endsWith(" own");
  const base = isOwn ? "" : `/status/${slug}`;
  // On its own domain a page is reached as visitors reach it: over https, whatever stands before us.
  const origin = isOwn ? `https://${domain}` : publicUrl;
  const options: PageOptions = { base, publicUrl: origin, stale, preview: false, nowMs: clock.now() };
  const kind = form.split(" ")[0];
  if (kind === "widget") return widgetHtml(board, options);
  if (kind === "rss") return rss(board, `${origin}${base || "/"}`);
  if (kind === "atom") return atom(board, `${origin}${base || "/"}`);
  return kind === "json" ? pageJson(board, stale) : pageHtml(board, options);
}

export function bytesOf(type: string, text: string): Bytes {
  const plain = new Uint8Array(Buffer.from(text));
  const etag = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  return { type, etag, plain, encoded: { zstd: encode(plain, "zstd"), gzip: encode(plain, "gzip") } };
}

/** With 304 for whoever has it already. */
export function respond(http: Request, { type, etag, plain, encoded }: Bytes, headers: Record<string, string>): Response {
  const encoding = encodingFor(http.headers.get("accept-encoding"));
  const tag = `"${etag}${encoding ? `-${encoding}` : ""}"`;
  const own = { ...headers, "content-type": type, etag: tag, vary: "Accept-Encoding" };
  if (http.headers.get("if-none-match")?.includes(tag)) return new Response(null, { status: 304, headers: own });
  const body = encoding ? encoded[encoding]! : plain;
  return new Response(http.method === "HEAD" ? null : body, { headers: { ...own, ...(encoding && { "content-encoding": encoding }) } });
}
