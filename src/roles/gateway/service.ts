/** Puts the gateway together: guarded clients, middleware, routes, the listening server. */
import { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { MetricsService } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { NotificationService } from "#contracts/uptimeping/notification/v1/notification_pb";
import { SchedulerService } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import type { RoleContext } from "#kernel/role";
import type { ValuesOf } from "#kernel/settings";
import type { Ports } from "#ports/index";
import { version } from "../../../package.json";
import { createAssetServer, type Assets } from "./assets.ts";
import { createCspReports } from "./csp_reports.ts";
import { docsPage } from "./docs_page.ts";
import { createEventStreams } from "./events.ts";
import { createAudit } from "./middleware/audit.ts";
import { createAuthentication } from "./middleware/authentication.ts";
import { withBreaker } from "./middleware/breaker.ts";
import { createClientIp } from "./middleware/client_ip.ts";
import { createSessionCookies } from "./middleware/cookies.ts";
import { createCors } from "./middleware/cors.ts";
import { createIdempotency } from "./middleware/idempotency.ts";
import { createGate } from "./middleware/rate_limit.ts";
import { securityHeaders } from "./middleware/security_headers.ts";
import { openapiOf } from "./openapi.ts";
import { createPings } from "./pings.ts";
import { createPipeline } from "./pipeline.ts";
import { createProbes } from "./probe/probes.ts";
import { createReflect } from "./reflect.ts";
import { keptBy } from "./retention.ts";
import type { Roles } from "./route.ts";
import { basePath, routes } from "./routes/index.ts";
import { createScanDetector } from "./scan_detector.ts";
import { createScanGuard } from "./scan_guard.ts";
import { createServer, listen, type Listener } from "./server.ts";
import type { gatewaySettings } from "./settings.ts";
import { createStatusPreview } from "./status/preview.ts";
import { createStatusSide } from "./status/status.ts";
import { createSystemState } from "./system_state.ts";
import { createTrial } from "./trial.ts";
import { createChannelTrial } from "./try_channel.ts";

export type GatewayNeeds = Omit<Roles, "queue" | "events" | "cookies" | "publicUrl" | "openapi" | "trial" | "channelTrial" | "reflect" | "probes" | "boards" | "statusPreview" | "retention" | "systemState">;
export type GatewayContext = RoleContext<GatewayNeeds, Pick<Ports, "rateLimits" | "cache" | "queue">, ValuesOf<typeof gatewaySettings>>;

const secondsBuckets = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];
/** For requests in flight at shutdown. Other roles wait after it, and all of it together must stay below the 25 s that a stop may take. */
const graceMs = 5_000;

export function serveGateway(context: GatewayContext, dashboard: () => Promise<Assets>): Listener {
  const { settings, clock, log, telemetry, releases, ports } = context;
  const needs = guarded(context);
  const cookies = createSessionCookies(settings.publicUrl);
  const authentication = createAuthentication(needs.auth, clock);
  const events = createEventStreams({ roles: () => roles, authentication, clock, log, maxStreams: settings.maxEventStreams });
  let openapi: string | undefined;
  const openapiText = () => (openapi ??= JSON.stringify(openapiOf(routes, { version, basePath })));
  const guard = createScanGuard(needs.auth, createScanDetector(ports.rateLimits, ports.cache, settings.triedPortsPerHost));
  const trial = createTrial(needs.core, guard);
  const channelTrial = createChannelTrial(needs.notification, guard);
  const probes = createProbes({ modules: () => settings.probeModules.modules, trial, auth: needs.auth, clock });
  const requests = telemetry.counter("http_requests_total", "Requests to the API by route and status", ["route", "method", "status"]);
  const durations = telemetry.histogram("http_request_seconds", "Time until the answer of an API request was ready", secondsBuckets, ["route", "method"]);
  const headers = securityHeaders(settings.publicUrl);
  const clientIp = createClientIp(settings.trustedProxies);
  const observe = (route: string, method: string, status: number, seconds: number) => {
    requests.inc({ route, method, status: String(status) });
    durations.observe({ route, method }, seconds);
  };
  const status = createStatusSide({ needs, limits: ports.rateLimits, clientIp, clock, log, publicUrl: settings.publicUrl, pageHeaders: headers.page, observe });
  const roles: Roles = {
    ...needs,
    boards: status.boards,
    statusPreview: createStatusPreview(needs, clock),
    trial,
    channelTrial,
    reflect: createReflect(needs.core, guard),
    probes,
    queue: ports.queue,
    cookies,
    events,
    publicUrl: settings.publicUrl,
    retention: keptBy(settings),
    systemState: createSystemState({ roles: needs, queue: ports.queue, clock }),
    openapi: openapiText,
  };

  const cors = createCors(settings.corsOrigins);
  const common = {
    context,
    gate: createGate(ports.rateLimits, settings),
    clientIp,
    observe,
  };
  const pipeline = createPipeline({
    ...common,
    roles,
    authentication,
    cors,
    headers,
    audit: createAudit(needs.auth, log, clock.now),
    idempotency: createIdempotency(ports.cache),
    publicUrl: settings.publicUrl,
    maxBodyBytes: settings.maxBodyBytes,
  });
  const app = createServer({
    routes,
    basePath,
    pipeline,
    status: status.server,
    pings: createPings({ ...common, core: needs.core }),
    cspReports: createCspReports(common),
    preflight: cors.preflight,
    docs: docsPage(routes, basePath, version),
    pageHeaders: headers.page,
    assets: settings.dashboard ? createAssetServer(dashboard, headers.page) : undefined,
  });

  const listener = listen(app, settings.httpHost, settings.httpPort);
  releases.add("http server", () => listener.stop(clock, graceMs), graceMs + 2_000);
  // Released first: an open stream would keep the server from stopping.
  releases.add("live event streams", () => events.close());
  status.boards.begin();
  releases.add("status pages", () => status.boards.stop());
  log.info("listening", { origin: listener.origin });
  return listener;
}

function guarded({ needs, clock }: GatewayContext): GatewayNeeds {
  return {
    auth: withBreaker(AuthService, needs.auth, "auth", clock),
    config: withBreaker(ConfigService, needs.config, "config", clock),
    scheduler: withBreaker(SchedulerService, needs.scheduler, "scheduler", clock),
    core: withBreaker(CoreService, needs.core, "core", clock),
    incident: withBreaker(IncidentService, needs.incident, "incident", clock),
    notification: withBreaker(NotificationService, needs.notification, "notification", clock),
    forge: withBreaker(ForgeService, needs.forge, "forge", clock),
    metrics: withBreaker(MetricsService, needs.metrics, "metrics", clock),
  };
}
