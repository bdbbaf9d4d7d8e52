/** Which methods a path has, to tell "no such thing" from "not like that". */
import type { Route } from "./route.ts";

export interface RouteIndex {
  /** Empty when no route has this path. */
  methodsOf(pathname: string): string[];
}

export function createRouteIndex(routes: readonly Route[], basePath: string): RouteIndex {
  const patterns = new Map<string, string[]>();
  for (const { path, method } of routes) {
    const methods = patterns.get(basePath + path) ?? [];
    patterns.set(basePath + path, [...methods, method, ...(method === "GET" ? ["HEAD"] : [])]);
  }
  const split = [...patterns].map(([path, methods]) => ({ parts: path.split("/"), methods }));
  return {
    methodsOf(pathname) {
      const parts = pathname.split("/");
      const fitting = split.filter((pattern) => fits(pattern.parts, parts));
      // A literal path wins over one with a parameter, as it does when it is served.
      const literal = fitting.find((pattern) => pattern.parts.every((part) => !part.startsWith("{")));
      return (literal ? [literal] : fitting).flatMap(({ methods }) => methods);
    },
  };
}

function fits(pattern: string[], parts: string[]): boolean {
  return pattern.length === parts.length && pattern.every((part, i) => (part.startsWith("{") ? parts[i] !== "" : part === parts[i]));
}

/** Without a Host header the URL of a request is a bare path. */
export function pathnameOf(request: Request): string {
  return URL.parse(request.url, "http://localhost")?.pathname ?? "/";
}
