/** The embedded store: everything in one file of the data directory, owned by one process. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import type { Releases } from "#kernel/lifecycle";
import type { Log } from "#kernel/log";
import { acquireLock } from "#kernel/process_lock";
import type { ResultRetention } from "#ports/results";
import { createSqliteAuditStore } from "./audit.ts";
import { createSqliteBaselineStore } from "./baselines.ts";
import { createSqliteChannelStore } from "./channels.ts";
import { createSqliteCheckStore } from "./checks.ts";
import { openSqlite } from "./connection.ts";
import { refuseHalfFilled } from "./copy_marks.ts";
import { createSqliteCorrectionStore } from "./corrections.ts";
import { createSqliteFollowUpStore } from "./follow_ups.ts";
import { createSqliteHeartbeatStore } from "./heartbeats.ts";
import { createSqliteIdentityStore } from "./identity.ts";
import { createSqliteIncidentStore } from "./incidents.ts";
import { createSqliteLeaseStore } from "./leases.ts";
import { createSqliteLedgerStore } from "./ledger.ts";
import { createSqliteMaintenanceStore } from "./maintenance.ts";
import { migrate } from "./migrations.ts";
import { createSqliteProtoStore } from "./protos.ts";
import { createSqliteQueue } from "./queue.ts";
import { createSqliteResultStore } from "./results.ts";
import { createSqliteRouteStore } from "./routes.ts";
import { createSqliteScheduleStore } from "./schedules.ts";
import { createSqliteSilenceStore } from "./silences.ts";
import { createSqliteStatusPageStore } from "./status_pages.ts";
import { createSqliteStatusSubscriberStore } from "./status_subscribers.ts";
import { createSqliteTemplateStore } from "./templates.ts";

export { createSqliteArchive } from "./archive.ts";

export interface SqliteAdaptersOptions {
  dataDir: string;
  commitIntervalMs: number;
  retention: ResultRetention;
  clock: Clock;
  log: Log;
  releases: Releases;
  onFatal: (error: Error) => void;
}

/** Takes the data directory for this process, or refuses in one sentence. */
export async function openSqliteAdapters(options: SqliteAdaptersOptions) {
  const { dataDir, clock, log, releases } = options;
  makeDataDir(dataDir);
  const lock = acquireLock(join(dataDir, "lock"));
  releases.add("data directory lock", () => lock.release());
  const store = openSqlite({ path: join(dataDir, "uptimeping.db"), groupMs: options.commitIntervalMs, onFatal: options.onFatal });
  releases.add("sqlite", () => store.close(), 15_000);
  refuseHalfFilled(store, `the SQLite file ${join(dataDir, "uptimeping.db")}`);
  await migrate(store);
  const queue = createSqliteQueue(store, clock, log);
  queue.open();
  releases.add("queue", () => queue.stop());
  return {
    identity: createSqliteIdentityStore(store),
    audit: createSqliteAuditStore(store),
    checks: createSqliteCheckStore(store),
    statusPages: createSqliteStatusPageStore(store),
    statusSubscribers: createSqliteStatusSubscriberStore(store),
    schedules: createSqliteScheduleStore(store),
    leases: createSqliteLeaseStore(store),
    results: createSqliteResultStore({ store, clock, retention: options.retention }),
    heartbeats: createSqliteHeartbeatStore(store),
    incidents: createSqliteIncidentStore(store),
    maintenance: createSqliteMaintenanceStore(store),
    corrections: createSqliteCorrectionStore(store),
    channels: createSqliteChannelStore(store),
    ledger: createSqliteLedgerStore(store),
    routes: createSqliteRouteStore(store),
    silences: createSqliteSilenceStore(store),
    followUps: createSqliteFollowUpStore(store),
    templates: createSqliteTemplateStore(store),
    protos: createSqliteProtoStore(store),
    baselines: createSqliteBaselineStore(store),
    queue,
  };
}

function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new AppError("failed_precondition", `the data directory ${dataDir} cannot be made: ${messageOf(error)}`, { cause: error });
  }
}
