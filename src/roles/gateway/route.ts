/**
 * A route is data: who may call it, what it takes, what it answers. Serving, the OpenAPI document and the access tests
 * all read the same table, so none of them can forget a route.
 */
import type { AuthService, Identity } from "#contracts/uptimeping/auth/v1/auth_pb";
import type { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import type { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import type { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import type { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import type { MetricsService } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import type { NotificationService } from "#contracts/uptimeping/notification/v1/notification_pb";
import type { SchedulerService } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import type { Call, MemberRole } from "#kernel/call";
import type { Client } from "#kernel/rpc/contract";
import type { Queue } from "#ports/queue";
import type { ZodType } from "zod";
import type { Answer } from "./answer.ts";
import type { EventStreams } from "./events.ts";
import type { SessionCookies } from "./middleware/cookies.ts";
import type { Probes } from "./probe/probes.ts";
import type { Reflect } from "./reflect.ts";
import type { Kept } from "./retention.ts";
import type { Scope } from "./scopes.ts";
import type { Boards } from "./status/boards.ts";
import type { StatusPreview } from "./status/preview.ts";
import type { SystemState } from "./system_state.ts";
import type { Trial } from "./trial.ts";
import type { ChannelTrial } from "./try_channel.ts";

/** What the routes can reach. */
export interface Roles {
  auth: Client<typeof AuthService>;
  config: Client<typeof ConfigService>;
  scheduler: Client<typeof SchedulerService>;
  core: Client<typeof CoreService>;
  incident: Client<typeof IncidentService>;
  notification: Client<typeof NotificationService>;
  forge: Client<typeof ForgeService>;
  metrics: Client<typeof MetricsService>;
  queue: Queue;
  events: EventStreams;
  cookies: SessionCookies;
  /** Where people reach this installation; "" when nobody said. */
  publicUrl: string;
  /** How long things are kept. */
  retention: readonly Kept[];
  systemState: SystemState;
  trial: Trial;
  channelTrial: ChannelTrial;
  reflect: Reflect;
  probes: Probes;
  /** The public status pages as they are shown. */
  boards: Boards;
  statusPreview: StatusPreview;
  /** The OpenAPI document, as text. */
  openapi: () => string;
}

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

export type Access = "public" | { role: MemberRole; scope: Scope };

export interface RouteRequest<Q, B> {
  http: Request;
  params: Record<string, string>;
  query: Q;
  body: B;
  call: Call;
  /** Undefined on public routes. */
  identity: Identity | undefined;
  /** The call with more time than requests usually get. */
  extended(timeoutMs: number): Call;
  /** Seconds for which the connection may be silent; 0 for no limit. */
  allowIdle(seconds: number): void;
}

export interface RouteDefinition<Q, B, R> {
  method: Method;
  /** As in OpenAPI, below `/api/v1`: `/checks/{id}`. */
  path: string;
  /** Stands beside `/api/v1`, where other programs look for it. */
  atRoot?: boolean;
  access: Access;
  summary: string;
  query?: ZodType<Q>;
  body?: ZodType<B>;
  /** Shown in OpenAPI instead of `body` when another role checks the body. */
  bodyShape?: ZodType;
  /** Also takes `multipart/form-data` and `application/zip` with .proto files; they reach `body` as `{ name, files: [{ name, text }] }`. */
  takesFiles?: boolean;
  /** A body may be left out and counts as `{}`. */
  bodyOptional?: boolean;
  /** What a good answer holds; undefined when it has no body. */
  response: ZodType<R> | undefined;
  /** Of a good answer: 200, or 204 without `response`. */
  status?: number;
  /** Name of the audit entry. Every route that changes something has one. */
  audit?: string;
  /** What the entry says besides, from the answer and the path. */
  auditDetail?: (body: unknown, params: Record<string, string>) => object;
  /** Of a route that changes several things: an entry for each, in place of the one for the request. */
  auditEach?: (body: unknown) => readonly { action: string; id: string }[];
  /** Auth writes its own entries, since it alone knows who signs in; of these routes only refusals at the door are recorded here. */
  recordedByAuth?: boolean;
  /** Each call is a guess at a secret, so tries are limited per address and account. */
  guess?: boolean;
  /** Works on the dashboard's cookies, so pages of other origins must not reach it. */
  sameOrigin?: boolean;
  /** For people who follow a link: what they see in place of a problem document. */
  refusalPage?: (http: Request, status: number) => Response;
  handle(request: RouteRequest<Q, B>, roles: Roles): Promise<R | Answer<R>>;
}

export type Route = RouteDefinition<unknown, unknown, unknown>;

/** The path from the root of the server. */
export function fullPath({ path, atRoot }: Route, basePath: string): string {
  return atRoot ? path : basePath + path;
}

/** Gives a route its types from its schemas, and forgets them so that all fit in one table. */
export function route<Q = undefined, B = undefined, R = undefined>(definition: RouteDefinition<Q, B, R>): Route {
  return definition as unknown as Route;
}
