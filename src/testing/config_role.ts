/** The config role on a real SQLite file, with a clock of the test's. */
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { createIds } from "#kernel/ids";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";
import { localClient } from "#kernel/rpc/local";
import { createVault } from "../adapters/in_process/vault.ts";
import { createSqliteCheckStore } from "../adapters/sqlite/checks.ts";
import type { SqliteStore } from "../adapters/sqlite/connection.ts";
import { createSqliteStatusPageStore } from "../adapters/sqlite/status_pages.ts";
import { createSqliteStatusSubscriberStore } from "../adapters/sqlite/status_subscribers.ts";
import role from "../roles/config/role.ts";
import { createFakeClock, type FakeClock } from "./fake_clock.ts";

export interface ConfigRoleUnderTest {
  config: Client<typeof ConfigService>;
  clock: FakeClock;
}

export async function startConfigRole(store: SqliteStore, around: { maxChecksPerTenant?: number } = {}): Promise<ConfigRoleUnderTest> {
  const clock = createFakeClock();
  const started = await role.start({
    settings: { maxChecksPerTenant: around.maxChecksPerTenant ?? 1_000 },
    needs: {},
    ports: {
      checks: createSqliteCheckStore(store),
      statusPages: createSqliteStatusPageStore(store),
      statusSubscribers: createSqliteStatusSubscriberStore(store),
      vault: createVault(new Uint8Array(32).fill(7)),
    },
    releases: createReleases(silentLog),
    clock,
    ids: createIds(() => clock.now()),
    log: silentLog,
  } as never);
  return { config: localClient(ConfigService, started.api as never, clock, silentLog), clock };
}
