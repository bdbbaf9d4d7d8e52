/** Cores that do not lead do their part, at home and at another place; one that is lost costs nothing. */
import { expect } from "bun:test";
import { violations } from "../testing/faults/checker.ts";
import { startClusterStage } from "../testing/faults/cluster_stage.ts";
import { testWith } from "../testing/needs_service.ts";
import { eventually, readinessOf } from "../testing/start_product.ts";

const processes = { front: ["gateway", "auth", "config", "forge", "metrics", "cli"], back: ["scheduler", "incident", "notification"], "core-1": ["core"], "core-2": ["core"], away: ["core"] };

interface Located {
  items: { location: string; cores: number; threads: number }[];
}

testWith(["postgres"], "cores share the work, a place of its own has a say of its own, and cores die", async () => {
  await using at = await startClusterStage({ processes, more: { away: ["--location", "eu-1"] } });
  const { stage, cluster } = at;
  const located = () => cluster.gateway.api<Located>("GET", "/locations").then(({ body }) => body.items.map(({ location, cores }) => `${location} ${cores}`));
  const elsewhere = (await cluster.gateway.api<{ id: string }>("POST", "/checks", { name: "both", type: "http", target: { url: stage.world.urlOf("both") }, locations: ["default", "eu-1"], quorum: "all", retries: 0, schedule: { every: "1s" } })).body.id;
  await eventually("both cores at home and the one elsewhere are there", located, (found) => found.join() === "default 2,eu-1 1", 20_000);
  type Status = { locations: { location: string; state: string }[] };
  const states = async () => (await cluster.gateway.api<Status>("GET", `/checks/${elsewhere}/status`)).body.locations.map(({ location, state }) => `${location} ${state}`).join();
  await eventually("it is seen from both places", states, (found) => found === "default up,eu-1 up", 20_000);

  // What ran on a core that dies runs on another one at home; elsewhere nobody looks, and says so.
  const helper = (await eventually("one of them helps", async () => (await Promise.all(["core-1", "core-2"].map(async (name) => ((await readinessOf(cluster.processes.get(name)!)).status === "standing by" ? [name] : [])))).flat(), (found) => found.length === 1))[0]!;
  await at.disturb(async () => {
    await cluster.kill(helper);
    await cluster.kill("away");
    await eventually("elsewhere is not seen", states, (found) => found === "default up,eu-1 unknown", 20_000);
    await Promise.all([cluster.start(helper), cluster.start("away")]);
    await eventually("and is seen again", states, (found) => found === "default up,eu-1 up", 20_000);
  });
  expect(violations(await stage.history())).toEqual([]);
}, 120_000);
