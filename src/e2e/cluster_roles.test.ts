/** Ten processes, of which each in turn dies, is cut off, or is slow to hear: the others go on, and nothing is lost or done twice. */
import { expect } from "bun:test";
import { violations } from "../testing/faults/checker.ts";
import { startClusterStage, type ClusterStage } from "../testing/faults/cluster_stage.ts";
import { isLong } from "../testing/faults/random.ts";
import { testWith } from "../testing/needs_service.ts";
import { eventually } from "../testing/start_product.ts";

const deaths = isLong ? 20 : 1;
const apartMs = isLong ? 30_000 : 4_000;
/** Nothing of the way of a result depends on these. */
const awayFromTheWay = ["forge", "metrics", "cli"];

testWith(["postgres"], "each role is killed in turn and started again", async () => {
  await using at = await startClusterStage();
  const { cluster, stage } = at;
  for (let round = 0; round < deaths; round++) {
    for (const [i, name] of cluster.names.entries()) {
      if (i % 3 === 0) at.outage(i, 200, 9_000);
      await at.disturb(async () => {
        await cluster.kill(name);
        await saysWhoIsAway(at, name);
        await cluster.start(name);
      });
    }
  }
  await stage.endOfOutages();
  expect(violations(await stage.history())).toEqual([]);
}, isLong ? 2_400_000 : 180_000);

testWith(["postgres"], "each role is cut off in turn, and then every wire is slow", async () => {
  await using at = await startClusterStage({ wired: true });
  const { links, stage } = at;
  for (const [name, link] of links) {
    if (awayFromTheWay.includes(name) || name === "gateway") continue;
    await at.disturb(async () => {
      link.set("cut");
      await Bun.sleep(apartMs);
      link.set("whole");
    });
  }
  await at.disturb(async () => {
    for (const link of links.values()) link.set("reset");
    await Bun.sleep(apartMs);
    for (const link of links.values()) link.set("whole");
  });
  for (const link of links.values()) link.slow(50, 200);
  at.outage(1, 500, 9_000);
  await stage.endOfOutages();
  // Whoever judges asks a hundred times, and is not what is tried.
  for (const link of links.values()) link.slow(0, 0);
  const history = await stage.history();
  expect(violations(history)).toEqual([]);
  // Being apart is nobody's outage: there is one incident, of the one target that failed.
  expect(history.incidents.length).toBe(1);
}, isLong ? 900_000 : 180_000);

/** What only the dead one could answer is refused with when to ask again, and soon. */
async function saysWhoIsAway({ cluster }: ClusterStage, name: string): Promise<void> {
  const asked: Record<string, string> = { config: "/checks", incident: "/incidents", notification: "/channels", forge: "/forge/protos", scheduler: "/schedules" };
  const path = asked[name];
  if (path === undefined) return;
  const token = await cluster.gateway.token();
  const ask = async () => {
    const { status, headers } = await fetch(`${cluster.gateway.http}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
    return { status, retryAfterS: Number(headers.get("retry-after")) };
  };
  const { retryAfterS } = await eventually(`the API says that ${name} is away`, ask, ({ status }) => status === 503, 10_000);
  expect(retryAfterS).toBeGreaterThan(0);
}
