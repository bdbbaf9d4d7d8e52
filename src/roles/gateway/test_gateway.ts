/** For tests: a real listening gateway whose neighbours are objects that answer as a test says. */
import { create } from "@bufbuild/protobuf";
import { AuthService, IdentitySchema, type RecordAuditRequest } from "#contracts/uptimeping/auth/v1/auth_pb";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { MetricsService } from "#contracts/uptimeping/metrics/v1/metrics_pb";
import { NotificationService } from "#contracts/uptimeping/notification/v1/notification_pb";
import { SchedulerService } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import type { Call } from "#kernel/call";
import { systemClock, type Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import { createIds } from "#kernel/ids";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import type { Api, Client, Contract } from "#kernel/rpc/contract";
import { localClient } from "#kernel/rpc/local";
import type { ValuesOf } from "#kernel/settings";
import { createTelemetry } from "#kernel/telemetry";
import type { Cache } from "#ports/cache";
import type { DeadLetter, Queue } from "#ports/queue";
import type { RateLimits } from "#ports/rate_limits";
import { createDistinctLimits } from "../../adapters/in_process/distinct_limits.ts";
import type { Asset, Assets } from "./assets.ts";
import { serveGateway } from "./service.ts";
import { gatewaySettings } from "./settings.ts";

export interface FakeRoles {
  auth?: Partial<Api<typeof AuthService>>;
  config?: Partial<Api<typeof ConfigService>>;
  scheduler?: Partial<Api<typeof SchedulerService>>;
  core?: Partial<Api<typeof CoreService>>;
  incident?: Partial<Api<typeof IncidentService>>;
  notification?: Partial<Api<typeof NotificationService>>;
  forge?: Partial<Api<typeof ForgeService>>;
  metrics?: Partial<Api<typeof MetricsService>>;
}

export interface TestGateway extends AsyncDisposable {
  origin: string;
  /** Audit entries in order, each with the call that made it. */
  audited: { entry: RecordAuditRequest; call: Call }[];
  deadLetters: DeadLetter[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

export interface TestGatewayOptions {
  settings?: Partial<ValuesOf<typeof gatewaySettings>>;
  clock?: Clock;
  limits?: RateLimits;
  cache?: Cache;
  assets?: Assets;
}

/** Tokens the fake auth knows: `a.<member role>.z`; keys: `key_<member role>_<scopes with +>`. */
export const tokenOf = (role: string) => `a.${role}.z`;
export const bearer = (role: string): Record<string, string> => ({ authorization: `Bearer ${tokenOf(role)}` });

export function startTestGateway(fakes: FakeRoles = {}, options: TestGatewayOptions = {}): TestGateway {
  const audited: TestGateway["audited"] = [];
  const deadLetters: DeadLetter[] = [];
  const clock = options.clock ?? systemClock;
  const releases = createReleases(silentLog);
  const fake = <C extends Contract>(contract: C, api: object = {}): Client<C> => localClient(contract, completed(contract, api), clock, silentLog);
  const auth: Partial<Api<typeof AuthService>> = {
    validateToken: ({ accessToken }) => identityOf("user", accessToken.split(".")[1]!),
    validateAPIKey: ({ key }) => {
      const [, role = "", scopes = ""] = /^key_([a-z]+)(?:_(.*))?$/.exec(key) ?? [];
      return identityOf("api_key", role, scopes === "" ? [] : scopes.split("+"));
    },
    recordAudit: (entry, call) => {
      audited.push({ entry, call });
      return Promise.resolve({});
    },
    ...fakes.auth,
  };
  const { origin } = serveGateway(
    {
      settings: { ...defaults(), ...options.settings },
      needs: {
        auth: fake(AuthService, auth),
        config: fake(ConfigService, fakes.config),
        scheduler: fake(SchedulerService, fakes.scheduler),
        core: fake(CoreService, fakes.core),
        incident: fake(IncidentService, fakes.incident),
        notification: fake(NotificationService, fakes.notification),
        forge: fake(ForgeService, fakes.forge),
        metrics: fake(MetricsService, fakes.metrics),
      },
      ports: { rateLimits: options.limits ?? { ...unlimited, ...createDistinctLimits(clock) }, cache: options.cache ?? createMemoryCache(), queue: queueOf(deadLetters) },
      clock,
      ids: createIds(clock.now),
      log: silentLog,
      telemetry: createTelemetry(),
      releases,
      leadership: { leads: () => true, epoch: () => 0 },
    },
    () => Promise.resolve(options.assets ?? placeholder),
  );
  const stop = () => releases.releaseAll();
  return { origin, audited, deadLetters, stop, fetch: (path, init) => fetch(origin + path, init), [Symbol.asyncDispose]: stop };
}

/** A JSON request. */
export function json(method: string, body: unknown, headers: Record<string, string> = bearer("owner")): RequestInit {
  return { method, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

function identityOf(type: string, role: string, scopes: string[] = []) {
  if (!["owner", "admin", "editor", "viewer"].includes(role)) throw new AppError("unauthenticated", "the access token is not valid");
  return Promise.resolve(create(IdentitySchema, { type, id: `${type === "user" ? "usr" : "key"}_${role}`, tenantId: "ten_1", role, scopes, sessionId: "ses_1" }));
}

/** What a test does not care about answers with an empty message, or streams nothing until the caller leaves. */
function completed<C extends Contract>(contract: C, api: object): Api<C> {
  const methods: Record<string, unknown> = {};
  for (const method of contract.methods) {
    methods[method.localName] =
      method.methodKind === "server_streaming"
        ? async function* (_request: object, call: Call): AsyncGenerator<object> {
            yield* await new Promise<object[]>((resolve) => call.signal.addEventListener("abort", () => resolve([])));
          }
        : () => Promise.resolve(create(method.output));
  }
  return { ...methods, ...api } as Api<C>;
}

function defaults(): ValuesOf<typeof gatewaySettings> {
  const values = Object.entries(gatewaySettings).map(([key, field]) => [key, field.parse(field.default!)]);
  return { ...(Object.fromEntries(values) as ValuesOf<typeof gatewaySettings>), httpPort: 0 };
}

const unlimited: Pick<RateLimits, "take"> = { take: () => Promise.resolve({ allowed: true, remaining: 1, resetAfterMs: 0, retryAfterMs: 0 }) };

/** Forgets nothing. */
export function createMemoryCache(): Cache {
  const kept = new Map<string, string>();
  return {
    get: (key) => Promise.resolve(kept.get(key)),
    set: (key, value) => Promise.resolve(void kept.set(key, value)),
    setIfAbsent: (key, value) => Promise.resolve(!kept.has(key) && kept.set(key, value).has(key)),
    delete: (key) => Promise.resolve(void kept.delete(key)),
  };
}

function queueOf(letters: DeadLetter[]): Queue {
  return {
    deadLetters: (tenantId, _queue, limit) => Promise.resolve(letters.filter((letter) => letter.tenantId === tenantId).slice(0, limit)),
    depths: () => Promise.resolve({ check_tasks: 3, check_results: 0, notifications: 0 }),
    replay: (tenantId, id) => Promise.resolve(letters.some((letter) => letter.tenantId === tenantId && letter.id === id)),
  } as Partial<Queue> as Queue;
}

function asset(type: string, text: string, hashed: boolean): Asset {
  const bytes = new Uint8Array(Buffer.from(text));
  return { type, etag: Bun.hash(text).toString(36), hashed, bytes: () => Promise.resolve(bytes) };
}

const placeholder: Assets = new Map([
  ["/index.html", asset("text/html;charset=utf-8", "<!doctype html><title>UptimePing</title>", false)],
  ["/chunk-1a2b.js", asset("text/javascript;charset=utf-8", `console.log(${JSON.stringify("x".repeat(5_000))})`, true)],
]);
