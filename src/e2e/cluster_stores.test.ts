/** What the processes share dies, is emptied, or comes late: nothing that was promised is lost, and nothing is done twice. */
import { expect } from "bun:test";
import { violations } from "../testing/faults/checker.ts";
import { startClusterStage, type ClusterStage } from "../testing/faults/cluster_stage.ts";
import { isLong } from "../testing/faults/random.ts";
import { createCluster } from "../testing/cluster.ts";
import { startServer, whyNot, type Server } from "../testing/servers/server.ts";
import type { ServiceName } from "../testing/services.ts";
import { testUnless } from "../testing/needs_service.ts";
import { eventually } from "../testing/start_product.ts";

/** So that every queue has its two ends in different processes. */
const processes = { front: ["gateway", "auth", "config", "forge", "metrics", "cli"], scheduler: ["scheduler"], core: ["core"], incident: ["incident"], notification: ["notification"] };
const times = isLong ? 10 : 1;

function withServers(names: ServiceName[], title: string, work: () => Promise<void>, withinMs: number): void {
  testUnless(names.map(whyNot).filter(Boolean).join("; "), title, work, withinMs);
}

for (const name of ["rabbitmq", "nats"] as const) {
  withServers(["postgres", name], `${name} is killed, stopped, and loses all that it holds`, async () => {
    await using broker = await startServer(name);
    await using postgres = await startServer("postgres");
    await using at = await startClusterStage({ processes, settings: ["--database-url", postgres.url, "--queue-url", broker.url] });
    for (let time = 0; time < times; time++) {
      at.outage(time, 300, 12_000);
      await at.disturb(async () => {
        await broker.kill();
        await broker.start();
      });
      at.outage(time + 1, 300, 12_000);
      await at.disturb(async () => {
        await broker.stop();
        await broker.wipe();
        await broker.start();
      });
    }
    await at.stage.endOfOutages();
    expect(violations(await at.stage.history())).toEqual([]);
  }, isLong ? 900_000 : 180_000);
}

withServers(["postgres", "redis"], "Redis goes away for good: people stay signed in, and limits hold", async () => {
  await using redis = await startServer("redis");
  await using postgres = await startServer("postgres");
  await using at = await startClusterStage({ processes, settings: ["--database-url", postgres.url, "--redis-url", redis.url, "--rate-limit-user", "300"] });
  await redis.kill();
  const { gateway } = at.cluster;
  expect((await gateway.api("GET", "/auth/me")).status).toBe(200);
  expect(violations(await at.stage.history())).toEqual([]);
  const statuses = new Set<number>();
  for (let i = 0; i < 400; i++) statuses.add((await gateway.api("GET", "/auth/me")).status);
  expect(statuses).toEqual(new Set([200, 429]));
}, 90_000);

withServers(["postgres"], "PostgreSQL is killed, restarted, and throws everybody out", async () => {
  await using postgres = await startServer("postgres");
  await using at = await startClusterStage({ processes, settings: ["--database-url", postgres.url] });
  for (let time = 0; time < times; time++) {
    at.outage(0, 300, 12_000);
    await at.disturb(async () => {
      await postgres.kill();
      await saysThatItIsAway(at);
      await postgres.start();
    });
    await at.disturb(async () => {
      await postgres.stop();
      await postgres.start();
    });
    at.outage(1, 300, 9_000);
    await at.disturb(() => throwEverybodyOut(postgres));
  }
  await at.stage.endOfOutages();
  expect(violations(await at.stage.history())).toEqual([]);
}, isLong ? 900_000 : 180_000);

withServers(["postgres", "rabbitmq"], "processes that start before what they rely on wait for it, in whatever order", async () => {
  await using postgres = await startServer("postgres");
  await using broker = await startServer("rabbitmq");
  await Promise.all([postgres.stop(), broker.stop()]);
  await using cluster = createCluster({ processes, settings: ["--database-url", postgres.url, "--queue-url", broker.url] });
  const started = cluster.names.toReversed().map((name) => cluster.start(name));
  await Bun.sleep(isLong ? 60_000 : 4_000);
  await Promise.all([postgres.start(), broker.start()]);
  await Promise.all(started);
  const answer = await eventually("the API answers", () => cluster.gateway.api("GET", "/checks"), ({ status }) => status === 200, 30_000);
  expect(answer.status).toBe(200);
}, isLong ? 240_000 : 90_000);

/** With when to ask again, and not as a fault of the product. */
async function saysThatItIsAway({ cluster }: ClusterStage): Promise<void> {
  const { status } = await cluster.gateway.api("GET", "/checks");
  expect(status).toBe(503);
}

async function throwEverybodyOut({ url }: Server): Promise<void> {
  const admin = new Bun.SQL(url, { max: 1 });
  for (let i = 0; i < 20; i++) {
    await admin.unsafe("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name LIKE 'uptimeping%'");
    await Bun.sleep(100);
  }
  await admin.close();
}
