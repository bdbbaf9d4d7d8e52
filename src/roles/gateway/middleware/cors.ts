/**
 * Pages of listed origins may call the API with a token. Never with cookies: those belong to the dashboard alone.
 */
const exposed = "ETag, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";

export interface Cors {
  /** For the answer to a request with this Origin. */
  headers(origin: string | null): Record<string, string>;
  preflight(request: Request, allow: string): Record<string, string>;
}

export function createCors(origins: readonly string[]): Cors {
  const headers = (origin: string | null): Record<string, string> => {
    if (origins.length === 0) return {};
    if (origin === null || !(origins.includes(origin) || origins.includes("*"))) return { vary: "Origin" };
    return { "access-control-allow-origin": origin, "access-control-expose-headers": exposed, vary: "Origin" };
  };
  return {
    headers,
    preflight(request, allow) {
      const granted = headers(request.headers.get("origin"));
      if (granted["access-control-allow-origin"] === undefined) return { ...granted, allow };
      return {
        ...granted,
        allow,
        "access-control-allow-methods": allow,
        "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, If-Match, X-API-Key, X-Request-Id, traceparent",
        "access-control-max-age": "600",
      };
    },
  };
}
