/**
 * One request from the socket to its answer: limits → identity → permission → input → the route → audit.
 * Whatever fails on the way becomes a problem document.
 */
import type { Identity } from "#contracts/uptimeping/auth/v1/auth_pb";
import type { Call } from "#kernel/call";
import { AppError, pointerOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { RoleContext } from "#kernel/role";
import { traceFields } from "#kernel/tracing";
import { isAnswer, type Answer } from "./answer.ts";
import type { Audit } from "./middleware/audit.ts";
import { authorize, callAs, credentialOf, type Authentication } from "./middleware/authentication.ts";
import { readBody } from "./middleware/body.ts";
import { compressed } from "./middleware/compression.ts";
import { networkKeyOf, type ClientIp } from "./middleware/client_ip.ts";
import type { Cors } from "./middleware/cors.ts";
import type { Idempotency, Stored } from "./middleware/idempotency.ts";
import { problemOf } from "./middleware/problem.ts";
import type { Gate, Usage } from "./middleware/rate_limit.ts";
import { requestIdOf } from "./middleware/request_id.ts";
import { beginRequest, endRequest } from "./middleware/request_trace.ts";
import { refuseOtherOrigins } from "./middleware/same_origin.ts";
import type { SecurityHeaders } from "./middleware/security_headers.ts";
import { pathnameOf } from "./route_index.ts";
import { queryOf, validated } from "./middleware/validation.ts";
import type { Roles, Route, RouteRequest } from "./route.ts";

export interface PipelineParts {
  roles: Roles;
  authentication: Authentication;
  audit: Audit;
  gate: Gate;
  idempotency: Idempotency;
  cors: Cors;
  clientIp: ClientIp;
  headers: SecurityHeaders;
  publicUrl: string;
  maxBodyBytes: number;
  context: Pick<RoleContext<never, never, never>, "clock" | "ids" | "log" | "telemetry">;
  observe: (route: string, method: string, status: number, seconds: number) => void;
}

/** One request and the socket it came on. */
export interface Exchange {
  http: Request;
  params: Record<string, string>;
  peer: string;
  /** Seconds for which the connection may be silent, in place of the server's usual limit; 0 for no limit. */
  allowIdle(seconds: number): void;
}

export interface Pipeline {
  serve(route: Route, exchange: Exchange): Promise<Response>;
  /** A problem document for what reached no route. */
  refuse(http: Request, error: unknown): Response;
}

const requestMs = 15_000;

export function createPipeline(parts: PipelineParts): Pipeline {
  const { clock, ids, log, telemetry } = parts.context;

  const respond = (http: Request, requestId: string, stored: Stored, cookies: readonly string[] = []): Response => {
    const headers = new Headers({ ...parts.headers.api, ...parts.cors.headers(http.headers.get("origin")), ...stored.headers, "x-request-id": requestId });
    for (const cookie of cookies) headers.append("set-cookie", cookie);
    return new Response(compressed(http, headers, stored.body), { status: stored.status, headers });
  };

  const refuse = (http: Request, error: unknown, { requestId, traceparent }: Pick<Call, "requestId" | "traceparent"> = { requestId: requestIdOf(http, ids), traceparent: "" }, more: Record<string, string> = {}): Response => {
    const { problem, headers } = problemOf(error, requestId);
    if (problem.status >= 500) log.error("request failed", { requestId, ...traceFields(traceparent), method: http.method, path: withoutToken(pathnameOf(http)), reason: causeOf(error) });
    return respond(http, requestId, { status: problem.status, headers: { ...more, ...headers }, body: JSON.stringify(problem) });
  };

  return {
    refuse: (http, error) => refuse(http, error),
    async serve(route, exchange) {
      const startedMs = clock.monotonic();
      const { http } = exchange;
      const usage = parts.gate.open();
      const span = beginRequest(telemetry.tracing, http, route.path);
      const request = new Progress(parts, route, exchange, anonymousCall(parts, exchange, span.traceparent));
      let response: Response;
      try {
        response = await request.run(usage, respond);
      } catch (error) {
        await request.recordRefusal(error);
        response = refuse(http, error, request.call, usage.headers());
        if (route.refusalPage) response = withHeaders(route.refusalPage(http, response.status), response);
      }
      const seconds = (clock.monotonic() - startedMs) / 1000;
      const { method, path } = route;
      parts.observe(path, method, response.status, seconds);
      endRequest(span, response.status, request.call);
      log.debug("request", { requestId: request.call.requestId, ...traceFields(span.traceparent), method, route: path, status: response.status, ms: Math.round(seconds * 1000) });
      return response;
    },
  };
}

type Respond = (http: Request, requestId: string, stored: Stored, cookies?: readonly string[]) => Response;

/** A request on its way; `call` grows from anonymous to somebody. */
class Progress {
  identity: Identity | undefined;
  /** The request has been let in, and the route has begun. */
  atWork = false;

  constructor(
    private readonly parts: PipelineParts,
    private readonly route: Route,
    private readonly exchange: Exchange,
    public call: Call,
  ) {}

  async run(usage: Usage, respond: Respond): Promise<Response> {
    const { http } = this.exchange;
    await usage.take("ip", networkKeyOf(this.call.actor.ip));
    await this.admit(usage);
    const request = await this.read();
    if (this.route.guess) await usage.take("login", `${networkKeyOf(this.call.actor.ip)} ${accountOf(request)}`);

    let raw: Response | undefined;
    let cookies: readonly string[] = [];
    const work = async (): Promise<Stored> => {
      this.atWork = true;
      const result = await this.route.handle(request, this.parts.roles);
      if (this.route.audit !== undefined) failpoint("change_made_before_audit");
      const { body, headers = {}, auditDetail, ...rest }: Partial<Answer<unknown>> = isAnswer(result) ? result : { body: result };
      raw = rest.raw;
      cookies = rest.cookies ?? [];
      if (!this.route.recordedByAuth) await this.recordSuccess(body, auditDetail);
      if (body === undefined) return { status: this.route.status ?? 204, headers, body: null };
      return { status: this.route.status ?? 200, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
    };
    const repeatable = this.route.method === "POST" && this.identity !== undefined;
    const stored = repeatable ? await this.parts.idempotency.once(http, this.call, request.body, work) : await work();
    if (raw !== undefined) return withHeaders(raw, respond(http, this.call.requestId, stored));
    return respond(http, this.call.requestId, { ...stored, headers: { ...usage.headers(), ...stored.headers } }, cookies);
  }

  /** What auth refused itself, it has recorded itself. */
  async recordRefusal(error: unknown): Promise<void> {
    const { audit: action, recordedByAuth } = this.route;
    if (action === undefined || (recordedByAuth && this.atWork)) return;
    await this.parts.audit.refused({ action, params: this.exchange.params, call: this.call }, error);
  }

  private async recordSuccess(body: unknown, ownDetail: object | undefined): Promise<void> {
    const { audit: action, auditDetail, auditEach } = this.route;
    if (action === undefined) return;
    if (auditEach !== undefined) {
      const detail = { within: action };
      await Promise.all(auditEach(body).map((one) => this.parts.audit.succeeded({ action: one.action, params: { id: one.id }, call: this.call, detail }, undefined)));
      return;
    }
    await this.parts.audit.succeeded({ action, params: this.exchange.params, call: this.call, detail: ownDetail ?? auditDetail?.(body, this.exchange.params) ?? {} }, body);
  }

  /** Who is it, and may they? */
  private async admit(usage: Usage): Promise<void> {
    const { access, sameOrigin } = this.route;
    const { http } = this.exchange;
    if (sameOrigin) refuseOtherOrigins(http, this.parts.publicUrl, false);
    if (access === "public") return;
    const credential = credentialOf(http, this.parts.roles.cookies);
    if (credential === undefined) throw new AppError("unauthenticated", "no credentials: send an access token or an API key");
    this.identity = await this.parts.authentication.identify(credential, this.call);
    this.call = callAs(this.call, this.identity);
    await usage.take("user", this.identity.id);
    await usage.take("tenant", this.identity.tenantId);
    if (credential.kind === "cookie" && this.route.method !== "GET") refuseOtherOrigins(http, this.parts.publicUrl, true);
    authorize(this.call, this.identity, access);
  }

  private async read(): Promise<RouteRequest<unknown, unknown>> {
    const { route, exchange, parts } = this;
    const { http, params } = exchange;
    const query = queryOf(http.url);
    const rules = { maxBytes: parts.maxBodyBytes, optional: route.bodyOptional === true, takesFiles: route.takesFiles === true };
    const extended = (timeoutMs: number): Call => {
      exchange.allowIdle(Math.ceil(timeoutMs / 1000) + 5);
      return { ...this.call, deadlineMs: parts.context.clock.now() + timeoutMs };
    };
    return {
      http,
      params,
      call: this.call,
      identity: this.identity,
      allowIdle: (seconds) => exchange.allowIdle(seconds),
      query: route.query ? validated(route.query, query, "query") : refuseUnknown(query),
      body: route.body ? validated(route.body, await readBody(http, rules), "body") : undefined,
      extended,
    };
  }
}

function anonymousCall({ context, clientIp }: PipelineParts, { http, peer }: Exchange, traceparent: string): Call {
  return {
    tenantId: "",
    actor: { type: "anonymous", id: "", role: "none", ip: clientIp(http, peer) },
    requestId: requestIdOf(http, context.ids),
    traceparent,
    deadlineMs: context.clock.now() + requestMs,
    signal: http.signal,
  };
}

function refuseUnknown(query: Record<string, string>): undefined {
  const [name] = Object.keys(query);
  if (name !== undefined) {
    const fields = [{ pointer: pointerOf([name]), message: "unknown parameter" }];
    throw new AppError("invalid_argument", `the query is not valid: unknown parameter ${JSON.stringify(name)}`, { fields });
  }
  return undefined;
}

/** The account that a guess is about: named in the body, else whoever asks. */
function accountOf({ body, call }: RouteRequest<unknown, unknown>): string {
  const email = (body as { email?: unknown } | undefined)?.email;
  return typeof email === "string" ? email.trim().toLowerCase() : call.actor.id;
}

/** A stream goes out as it is, with the headers every answer has. */
function withHeaders(raw: Response, common: Response): Response {
  common.headers.forEach((value, name) => {
    if (!raw.headers.has(name)) raw.headers.set(name, value);
  });
  return raw;
}

/** In a link the token is the credential, which no log may hold. */
function withoutToken(pathname: string): string {
  return pathname.replace(/^\/ack\/.*/, "/ack/…");
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}
