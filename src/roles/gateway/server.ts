/** The one place that knows the web framework: mounts the route table, answers everything else, listens and stops. */
import { Elysia } from "elysia";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { AssetServer } from "./assets.ts";
import type { CspReports } from "./csp_reports.ts";
import type { DocsPage } from "./docs_page.ts";
import { cspReportPath } from "./middleware/security_headers.ts";
import { pingPath, type Pings } from "./pings.ts";
import type { Exchange, Pipeline } from "./pipeline.ts";
import { fullPath, type Route } from "./route.ts";
import type { StatusServer } from "./status/serve.ts";
import { createRouteIndex, pathnameOf } from "./route_index.ts";

export interface ServerParts {
  routes: readonly Route[];
  basePath: string;
  pipeline: Pipeline;
  pings: Pings;
  status: StatusServer;
  cspReports: CspReports;
  preflight: (request: Request, allow: string) => Record<string, string>;
  docs: DocsPage;
  pageHeaders: Record<string, string>;
  /** Undefined when the dashboard is switched off. */
  assets: AssetServer | undefined;
}

export interface Listener {
  /** `http://127.0.0.1:8080`, with the port that was really bound. */
  origin: string;
  /** Lets requests in flight finish for `graceMs`, then drops them. */
  stop(clock: Clock, graceMs: number): Promise<void>;
}

/** A connection that is silent for longer is closed; longer than any request may take, so slow answers survive. */
const idleTimeoutS = 30;
/** The pipeline refuses large bodies with a problem document; this only stops what would not end at all. */
const hardBodyLimit = 1024 * 1024 * 1024;

type Socket = { requestIP(request: Request): { address: string } | null; timeout(request: Request, seconds: number): void } | null;

export function createServer(parts: ServerParts) {
  const { pipeline, pings, cspReports, status, routes, basePath } = parts;
  for (const { method, path, access } of routes) {
    if (access === undefined) throw new Error(`route ${method} ${path} says nothing about who may call it`);
  }
  const rest = createFallback(parts);
  // Without this option the framework finds the path by an offset that a short Host header shifts.
  const app = new Elysia({ handler: { standardHostname: false }, serve: { idleTimeout: idleTimeoutS, maxRequestBodySize: hardBodyLimit } });
  // Before anything else: on the domain of a status page there is nothing but that page.
  app.onRequest(({ request, server }: { request: Request; server: Socket }) => status.onOwnDomain(exchangeOf(request, undefined, server)));
  app.onError({ as: "global" }, ({ request, error, code }) => {
    if (code === "NOT_FOUND") return rest(request);
    return pipeline.refuse(request, code === "PARSE" ? new AppError("malformed", "the request could not be read") : error);
  });
  for (const route of routes) {
    const serve = ({ request, params, server }: { request: Request; params: Record<string, string>; server: Socket }) =>
      pipeline.serve(route, exchangeOf(request, params, server));
    const path = fullPath(route, basePath).replaceAll(/\{(\w+)\}/g, ":$1");
    app.route(route.method, path, serve, { parse: "none" });
    if (route.method === "GET") app.route("HEAD", path, serve, { parse: "none" });
  }
  app.all(`${pingPath}*`, ({ request, server }: { request: Request; server: Socket }) => pings.serve(exchangeOf(request, undefined, server)), { parse: "none" });
  for (const path of ["/status/*", "/badge/*"]) app.all(path, ({ request, server }: { request: Request; server: Socket }) => status.serve(exchangeOf(request, undefined, server)), { parse: "none" });
  app.all(cspReportPath, ({ request, server }: { request: Request; server: Socket }) => cspReports.serve(exchangeOf(request, undefined, server)), { parse: "none" });
  app.all("/*", ({ request }) => rest(request), { parse: "none" });
  return app;
}

function exchangeOf(http: Request, params: Record<string, string> | undefined, server: Socket): Exchange {
  return {
    http,
    params: params ?? {},
    peer: server?.requestIP(http)?.address ?? "",
    // More than 255 s can only be said as no limit.
    allowIdle: (seconds) => server?.timeout(http, seconds > 255 ? 0 : seconds),
  };
}

/** What is no route of the API: preflights, wrong methods, the documentation, the dashboard, nothing. */
function createFallback({ routes, basePath, pipeline, preflight, docs, pageHeaders, assets }: ServerParts) {
  const index = createRouteIndex(routes, basePath);
  const text = (body: string, type: string) => new Response(body, { headers: { ...pageHeaders, "content-type": type, "cache-control": "no-cache" } });

  return async (request: Request): Promise<Response> => {
    try {
      const pathname = pathnameOf(request);
      const methods = index.methodsOf(pathname);
      if (methods.length > 0) {
        const allow = [...methods, "OPTIONS"].join(", ");
        if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: { ...pageHeaders, ...preflight(request, allow) } });
        const response = pipeline.refuse(request, new AppError("method_not_allowed", `${request.method} is not possible here: use ${methods.join(" or ")}`));
        response.headers.set("allow", allow);
        return response;
      }
      if (request.method === "GET" || request.method === "HEAD") {
        if (pathname === "/api/docs") return text(docs.html, "text/html; charset=utf-8");
        if (pathname === "/api/docs.css") return text(docs.css, "text/css; charset=utf-8");
        const page = pathname === "/api" || pathname.startsWith("/api/") ? undefined : await assets?.serve(request, pathname);
        if (page !== undefined) return page;
      }
      return pipeline.refuse(request, new AppError("not_found", `nothing is at ${JSON.stringify(pathname.slice(0, 200))}`));
    } catch (error) {
      return pipeline.refuse(request, error);
    }
  };
}

export function listen(app: ReturnType<typeof createServer>, host: string, port: number): Listener {
  try {
    app.listen({ hostname: host, port, reusePort: false });
  } catch (error) {
    throw new AppError("failed_precondition", `cannot listen on ${host}:${port}: ${reasonOf(error)}`, { cause: error });
  }
  const server = app.server!;
  return {
    origin: `http://${host.includes(":") ? `[${host}]` : host}:${server.port}`,
    async stop(clock, graceMs) {
      const finished = Promise.resolve(server.stop(false)).then(() => true);
      const inTime = await Promise.race([finished, new Promise<false>((resolve) => clock.after(graceMs, () => resolve(false)))]);
      if (!inTime) await server.stop(true);
    },
  };
}

function reasonOf(error: unknown): string {
  const code = (error as { code?: string }).code;
  if (code === "EADDRINUSE") return "another program already uses this port (settings http-host, http-port)";
  if (code === "EACCES") return "this user may not bind this port (setting http-port)";
  return error instanceof Error ? error.message : String(error);
}
