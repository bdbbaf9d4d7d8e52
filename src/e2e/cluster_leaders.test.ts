/** Two processes that could lead: one does. It stands still, or dies, again and again; nothing is lost and nothing is done twice. */
import { expect } from "bun:test";
import { createCluster } from "../testing/cluster.ts";
import { violations } from "../testing/faults/checker.ts";
import { startClusterStage, type ClusterStage } from "../testing/faults/cluster_stage.ts";
import { isLong } from "../testing/faults/random.ts";
import { testWith } from "../testing/needs_service.ts";
import { eventually, readinessOf, type Product } from "../testing/start_product.ts";
import { createDatabase } from "../testing/temp_postgres.ts";

const processes = { front: ["gateway", "auth", "config", "forge", "metrics", "cli"], "back-1": ["scheduler", "core", "incident", "notification"], "back-2": ["scheduler", "core", "incident", "notification"] };
const backs = ["back-1", "back-2"];
const takeOverMs = 20_000;

testWith(["postgres"], "a leader that stands still is replaced, and what it does when it wakes is refused", async () => {
  await using at = await startClusterStage({ processes });
  const { stage, cluster } = at;
  at.outage(0, 1_000, 30_000);
  const leader = await leaderOf(at);
  const zombie = cluster.processes.get(leader)!;
  await at.disturb(async () => {
    process.kill(zombie.pid, "SIGSTOP");
    await othersLead(at, leader);
    process.kill(zombie.pid, "SIGCONT");
    // It ends by itself, and a supervisor starts it again.
    expect(await zombie.exited).toBe(75);
    cluster.processes.delete(leader);
  });
  await cluster.start(leader);
  expect((await readinessOf(cluster.processes.get(leader)!)).status).toBe("standing by");
  await stage.endOfOutages();
  expect(violations(await stage.history())).toEqual([]);
}, 120_000);

testWith(["postgres"], "leaders that die one after the other hand over with epochs that rise", async () => {
  await using at = await startClusterStage({ processes });
  const { stage, cluster } = at;
  const epochs: number[] = [];
  for (let death = 0; death < (isLong ? 30 : 2); death++) {
    const leader = await leaderOf(at);
    epochs.push(epochOf(cluster.processes.get(leader)!));
    at.outage(death, 500, 26_000);
    await at.disturb(async () => {
      await cluster.kill(leader);
      await othersLead(at, leader);
    });
    await cluster.start(leader);
  }
  epochs.push(epochOf(cluster.processes.get(await leaderOf(at))!));
  expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
  expect(new Set(epochs).size).toBe(epochs.length);
  await stage.endOfOutages();
  expect(violations(await stage.history())).toEqual([]);
}, isLong ? 1_200_000 : 180_000);

testWith(["postgres"], "a leader that stops in order hands over at once", async () => {
  await using at = await startClusterStage({ processes });
  const leader = await leaderOf(at);
  await at.disturb(async () => {
    expect(await at.cluster.stop(leader)).toBe(0);
    const begun = performance.now();
    await othersLead(at, leader);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
  expect(violations(await at.stage.history())).toEqual([]);
}, 90_000);

testWith(["postgres"], "two whole processes stand in for each other", async () => {
  await using database = await createDatabase();
  await using cluster = createCluster({ processes: { one: ["all"], two: ["all"] }, settings: ["--database-url", database.url] });
  const one = await cluster.start("one");
  const { body: check } = await one.api<{ id: string }>("POST", "/checks", { name: "job", type: "heartbeat", target: { period: "1d" } });
  const two = await cluster.start("two");
  expect([two.http, two.output()]).toEqual([undefined as never, expect.stringContaining("standing by: another process leads")]);
  await one.stop();
  await eventually("the other one serves", () => readinessOf(two), ({ status }) => status === "ready", takeOverMs);
  const http = /"origin":"(http[^"]*)"/.exec(two.log())![1]!;
  const found = await fetch(`${http}/api/v1/checks/${check.id}`, { headers: { authorization: `Bearer ${await one.token()}` } });
  expect(found.status).toBe(200);
}, 60_000);

async function leaderOf({ cluster }: ClusterStage): Promise<string> {
  const leads = async (name: string) => (await readinessOf(cluster.processes.get(name)!)).status === "ready";
  return eventually("one of them leads", async () => (await Promise.all(backs.map(async (name) => (cluster.processes.has(name) && (await leads(name)) ? [name] : [])))).flat(), (leaders) => leaders.length === 1, takeOverMs).then(([leader]) => leader!);
}

async function othersLead({ cluster }: ClusterStage, former: string): Promise<void> {
  const other = cluster.processes.get(backs.find((name) => name !== former)!)!;
  await eventually("the other one leads", () => readinessOf(other), ({ status }) => status === "ready", takeOverMs);
}

/** That of the scheduler, with which it last began to lead. */
function epochOf(product: Product): number {
  const lines = product.log().split("\n").filter((line) => line.includes("this process leads"));
  return Number((JSON.parse(lines.at(-1)!) as { epochs: string }).epochs.split(", ")[0]);
}
