/** Chooses one adapter for each port that the roles of this process use, and loads only those. */
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import { parseGrant, type OperatorRules } from "#kernel/egress";
import type { Releases } from "#kernel/lifecycle";
import type { Log } from "#kernel/log";
import type { Ports } from "#ports/index";
import type { Queue } from "#ports/queue";
import { platformTenant } from "#ports/platform_tenant";
import { adapters } from "../adapters/index.ts";
import { sharesItsStore, type ProcessSettings } from "./settings.ts";

export interface PlugContext {
  settings: ProcessSettings;
  clock: Clock;
  log: Log;
  releases: Releases;
  /** What the process listens on; grows while it starts. */
  ownListeners: string[];
  onFatal: (error: Error) => void;
  /** Names this life of the process among all that share a broker. */
  life: string;
  /** The fencing token of a role that leads, for stores that several processes share. */
  epochOf: (role: string) => number;
}

const kept = ["identity", "audit", "checks", "schedules", "leases", "results", "baselines", "heartbeats", "incidents", "maintenance", "corrections", "channels", "ledger", "routes", "silences", "followUps", "templates", "protos"] as const;

export async function plug(names: Set<string>, context: PlugContext): Promise<Partial<Ports>> {
  const { settings } = context;
  const ports: Partial<Ports> = {};
  const queueUrl = settings.queueUrl.reveal() || settings.databaseUrl.reveal();
  const isEmbedded = queueUrl.startsWith("sqlite");
  if (kept.some((name) => names.has(name)) || (names.has("queue") && isEmbedded)) Object.assign(ports, await openStore(context));
  if (names.has("queue") && !isEmbedded) ports.queue = await openQueue(queueUrl, context);
  if (names.has("rateLimits") || names.has("cache")) Object.assign(ports, await openShared(context));
  if (names.has("vault")) {
    if (sharesItsStore(settings) && settings.masterKeyFile === "" && !settings.masterKey.isSet) {
      throw new AppError("invalid_argument", "processes that share a database have to seal secrets with the same key: set master-key-file or master-key (32 bytes, as from: openssl rand -base64 32)");
    }
    const { createVault, loadMasterKey } = await adapters.in_process();
    ports.vault = createVault(loadMasterKey({ file: settings.masterKeyFile, env: settings.masterKey.reveal(), dataDir: settings.dataDir }));
  }
  if (names.has("egress")) {
    ports.egress = { rules: rulesFrom(context) };
  }
  return ports;
}

/** What gateways share: in Redis where there is one. What is in this process stands in for it. */
async function openShared({ settings, clock, log, releases }: PlugContext): Promise<Pick<Ports, "rateLimits" | "cache">> {
  const { createCache, createRateLimits } = await adapters.in_process();
  const local = { rateLimits: createRateLimits(clock), cache: createCache(clock) };
  if (!settings.redisUrl.isSet) return local;
  const { createRedisCache, createRedisRateLimits, openRedis } = await adapters.redis();
  const store = openRedis({ url: settings.redisUrl.reveal(), clock, log });
  releases.add("Redis", () => store.close());
  const prefix = "uptimeping:";
  return { rateLimits: createRedisRateLimits({ store, local: local.rateLimits, prefix }), cache: createRedisCache({ store, local: local.cache, prefix }) };
}

/** A new object whenever a listener was added: the gate compiles rules once for each object it is given. */
function rulesFrom({ settings, ownListeners }: PlugContext): () => OperatorRules {
  // What the platform checks of itself answers on this host; of several tenants none may reach that without a grant.
  const grants: OperatorRules["grants"] = { [platformTenant]: ["127.0.0.1"] };
  for (const { tenantId, cidr } of settings.egressGrants.map((entry) => parseGrant(entry)!)) (grants[tenantId] ??= []).push(cidr);
  let rules: OperatorRules = { allow: settings.egressAllow, deny: settings.egressDeny, own: [], grants };
  return () => {
    if (rules.own.length !== ownListeners.length) rules = { ...rules, own: [...ownListeners] };
    return rules;
  };
}

async function openQueue(url: string, { clock, log, releases, life }: PlugContext): Promise<Queue> {
  const options = { url, clock, log, releases, instanceId: life };
  if (url.startsWith("amqp")) return (await adapters.rabbitmq()).openRabbitQueue(options);
  if (url.startsWith("postgres")) return (await adapters.postgres()).openPostgresQueue(options);
  return (await adapters.nats()).openNatsQueue(options);
}

async function openStore(context: PlugContext): Promise<Partial<Ports>> {
  const { settings, clock, log, releases, onFatal } = context;
  const retention = { resultsMs: settings.retentionResults, minutesMs: settings.retentionMinutes, hoursMs: settings.retentionHours, daysMs: settings.retentionDays };
  if (sharesItsStore(settings)) {
    const { openPostgresAdapters } = await adapters.postgres();
    return openPostgresAdapters({ url: settings.databaseUrl.reveal(), connections: settings.databaseConnections, fenceEpochOf: context.epochOf, commitIntervalMs: settings.commitInterval, retention, clock, log, releases, onFatal });
  }
  const { openSqliteAdapters } = await adapters.sqlite();
  return openSqliteAdapters({ dataDir: settings.dataDir, commitIntervalMs: settings.commitInterval, retention, clock, log, releases, onFatal });
}
