/** Which methods a path has, to tell "no such thing" from "not like that". */
import { fullPath, type Route } from "./route.ts";

export interface RouteIndex {
  /** Empty when no route has this path. */
  methodsOf(pathname: string): string[];
}

export function createRouteIndex(routes: readonly Route[], basePath: string): RouteIndex {
  const patterns = new Map<string, string[]>();
  for (const route of routes) {
    const { method } = route;
    const path = fullPath(route, basePath);
    const methods = patterns.get(path) ?? [];
    patterns.set(path, [...methods, method, ...(method === "GET" ? ["HEAD"] : [])]);
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
