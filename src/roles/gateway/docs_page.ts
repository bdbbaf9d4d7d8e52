/** The API on one page, made on the server: no script, nothing from elsewhere. */
import { fullPath, type Route } from "./route.ts";

export interface DocsPage {
  html: string;
  css: string;
}

export function docsPage(routes: readonly Route[], basePath: string, version: string): DocsPage {
  const nouns = new Map<string, Route[]>();
  for (const route of routes) {
    const noun = route.path.split("/")[1]!.replace(/\.json$/, "");
    nouns.set(noun, [...(nouns.get(noun) ?? []), route]);
  }
  const index = [...nouns.keys()].map((noun) => `<li><a href="#${noun}">${escaped(noun)}</a></li>`).join("");
  const sections = [...nouns].map(([noun, own]) => `<section id="${noun}"><h2>${escaped(noun)}</h2>${own.map((route) => entry(route, basePath)).join("")}</section>`).join("");
  return {
    css,
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>UptimePing API</title><link rel="stylesheet" href="/api/docs.css"></head><body><nav aria-label="Resources"><ul>${index}</ul></nav><main>
<h1>UptimePing API ${escaped(version)}</h1>
<p>The machine-readable form is <a href="${basePath}/openapi.json">openapi.json</a> (OpenAPI 3.1). Send <code>Authorization: Bearer &lt;token or API key&gt;</code> or <code>X-API-Key</code>.
Errors are <code>application/problem+json</code>; bad input lists every problem with a JSON pointer. Lists are <code>{ items, nextCursor }</code>.
A <code>POST</code> may carry an <code>Idempotency-Key</code>; a <code>PATCH</code> says which version it saw.</p>
${sections}</main></body></html>`,
  };
}

function entry(route: Route, basePath: string): string {
  const { method, summary, access } = route;
  const needs = access === "public" ? "no sign-in" : `${access.role}, scope ${access.scope}`;
  return `<article><h3><span class="${method.toLowerCase()}">${method}</span> <code>${escaped(fullPath(route, basePath))}</code></h3><p>${escaped(summary)} <small>(${escaped(needs)})</small></p></article>`;
}

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

const css = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0;display:flex}nav{position:sticky;top:0;align-self:flex-start;padding:1rem}
nav ul{list-style:none;margin:0;padding:0}main{max-width:60rem;padding:1rem 2rem}h2{margin-top:2.5rem;text-transform:capitalize}h3{font-size:1rem;margin:1.2rem 0 .2rem}
article p{margin:0}span{display:inline-block;min-width:4.5rem;font-weight:700}@media(max-width:40rem){body{display:block}nav{position:static}}`;
