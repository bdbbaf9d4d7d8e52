/** The store that several processes share. */
import type { Clock } from "#kernel/clock";
import type { Releases } from "#kernel/lifecycle";
import type { Log } from "#kernel/log";
import type { ResultRetention } from "#ports/results";
import type { Queue } from "#ports/queue";
import { createBrokerQueue } from "#ports/queue_broker";
import { createPostgresAuditStore } from "./audit.ts";
import { createPostgresBaselineStore } from "./baselines.ts";
import { createPostgresChannelStore } from "./channels.ts";
import { createPostgresCheckStore } from "./checks.ts";
import { fenced, openPostgres } from "./connection.ts";
import { refuseHalfFilled } from "./copy_marks.ts";
import { createPostgresCorrectionStore } from "./corrections.ts";
import { createPostgresFollowUpStore } from "./follow_ups.ts";
import { createPostgresIdentityStore } from "./identity.ts";
import { createPostgresHeartbeatStore } from "./heartbeats.ts";
import { createPostgresIncidentStore } from "./incidents.ts";
import { createPostgresLeaseStore } from "./leases.ts";
import { createPostgresLedgerStore } from "./ledger.ts";
import { createPostgresMaintenanceStore } from "./maintenance.ts";
import { migrate } from "./migrations.ts";
import { decided } from "./outcome.ts";
import { createPostgresProtoStore } from "./protos.ts";
import { placeOf, reachPostgres } from "./reach.ts";
import { createPostgresResultStore } from "./results.ts";
import { createPostgresBroker } from "./queue.ts";
import { createPostgresRouteStore } from "./routes.ts";
import { createPostgresScheduleStore } from "./schedules.ts";
import { createPostgresSilenceStore } from "./silences.ts";
import { createPostgresStatusPageStore } from "./status_pages.ts";
import { createPostgresStatusSubscriberStore } from "./status_subscribers.ts";
import { createPostgresTemplateStore } from "./templates.ts";

export interface PostgresAdaptersOptions {
  url: string;
  /** At most, and one more for the leases. */
  connections: number;
  /** The epoch with which this process leads a role; undefined while it does not. */
  fenceEpochOf: (role: string) => number | undefined;
  /** How long results that are up wait for others to share their commit. */
  commitIntervalMs: number;
  retention: ResultRetention;
  clock: Clock;
  log: Log;
  releases: Releases;
  onFatal: (error: Error) => void;
}

export async function openPostgresAdapters(options: PostgresAdaptersOptions) {
  const { url, connections, fenceEpochOf, clock, log, releases } = options;
  await reachPostgres({ url, clock, log });
  await migrateDatabase(options);
  const store = openPostgres({ url, connections, log });
  releases.add("postgres", () => store.close(), 10_000);
  // Of their own, so that a renewal never waits until others are done with their work.
  const forLeases = openPostgres({ url, connections: 1, log });
  releases.add("postgres for leases", () => forLeases.close(), 10_000);
  const of = (role: string) => fenced(store, role, () => fenceEpochOf(role) ?? 0);
  return {
    leases: createPostgresLeaseStore(forLeases),
    identity: createPostgresIdentityStore(of("auth")),
    audit: createPostgresAuditStore(of("auth")),
    checks: createPostgresCheckStore(of("config")),
    statusPages: createPostgresStatusPageStore(of("config")),
    statusSubscribers: createPostgresStatusSubscriberStore(of("config")),
    schedules: createPostgresScheduleStore(of("scheduler")),
    results: createPostgresResultStore({ store: of("core"), clock, retention: options.retention, groupMs: options.commitIntervalMs }),
    heartbeats: createPostgresHeartbeatStore(decided(of("core"))),
    baselines: createPostgresBaselineStore(of("core")),
    incidents: createPostgresIncidentStore(decided(of("incident"))),
    maintenance: createPostgresMaintenanceStore(of("incident")),
    corrections: createPostgresCorrectionStore(of("incident")),
    channels: createPostgresChannelStore(of("notification")),
    ledger: createPostgresLedgerStore(decided(of("notification"))),
    routes: createPostgresRouteStore(of("notification")),
    silences: createPostgresSilenceStore(of("notification")),
    followUps: createPostgresFollowUpStore(of("notification")),
    templates: createPostgresTemplateStore(of("notification")),
    // Every forge writes: it leads nothing.
    protos: createPostgresProtoStore(store),
  };
}

export interface PostgresQueueOptions {
  url: string;
  clock: Clock;
  log: Log;
  releases: Releases;
  /** Of this life of the process. */
  instanceId: string;
}

/** Waits for the server. On connections of its own, so that a task never waits until others are done with their work. */
export async function openPostgresQueue({ url, clock, log, releases, instanceId }: PostgresQueueOptions): Promise<Queue> {
  await reachPostgres({ url, clock, log });
  await migrateDatabase({ url, log });
  const store = openPostgres({ url, connections: 2, log });
  releases.add("postgres for the queue", () => store.close(), 10_000);
  const queue = createBrokerQueue({ publisher: instanceId, clock, log, open: (events) => createPostgresBroker({ store, url }, instanceId, { log, events }) });
  releases.add("queue", () => queue.close());
  return queue;
}

async function migrateDatabase({ url, log }: Pick<PostgresAdaptersOptions, "url" | "log">): Promise<void> {
  // A migration takes the time it needs, and waits for the other process that is at it.
  const store = openPostgres({ url, connections: 1, log, statementTimeoutMs: 0 });
  try {
    await refuseHalfFilled(store, placeOf(url));
    await migrate(store);
  } finally {
    await store.close();
  }
}
