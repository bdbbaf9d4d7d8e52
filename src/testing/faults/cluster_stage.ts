/** The set of a fault test around several processes that share a database of their own. */
import { createCluster, everyRoleApart, type Cluster } from "../cluster.ts";
import { sharedSettings } from "../deployments.ts";
import { eventually } from "../start_product.ts";
import { createDatabase } from "../temp_postgres.ts";
import { violations } from "./checker.ts";
import { layLink, type Link } from "./link.ts";
import { setStage, type Stage } from "./stage.ts";

export interface ClusterStage extends AsyncDisposable {
  cluster: Cluster;
  stage: Stage;
  /** The wire on which others reach a process, by its name; only of a cluster that is wired. */
  links: Map<string, Link>;
  /** `target-0`, `target-1`, … : the one with this number fails in a moment, for so long. */
  outage(target: number, afterMs: number, lastsMs: number): void;
  /** Does harm, and waits until checks run again: what lies between may be late, and is nobody's outage. */
  disturb(harm: () => Promise<void>): Promise<void>;
}

export interface ClusterStageOptions {
  processes?: Record<string, string[]>;
  more?: Record<string, string[]>;
  /** Where things are kept; a database of its own and nothing else when not said. */
  settings?: string[];
  wired?: boolean;
}

/** Each of its own target, and all tell the receiver `pager`. */
const checks = 10;
const warningsShown = 200;

/** With checks that have all run. */
export async function startClusterStage({ processes = everyRoleApart, more = {}, settings, wired = false }: ClusterStageOptions = {}): Promise<ClusterStage> {
  const database = settings === undefined ? await createDatabase() : undefined;
  const links = new Map<string, Link>();
  if (wired) for (const name of Object.keys(processes)) links.set(name, await layLink());
  const cluster = createCluster({
    settings: settings ?? sharedSettings(database!.url),
    processes,
    more,
    wiredTo(name, port) {
      const link = links.get(name);
      link?.leadTo(port);
      return link?.port ?? port;
    },
  });
  await cluster.startAll();
  const folder = {
    dir: cluster.dir,
    start: () => Promise.reject(new Error("start processes of a cluster by their names")),
    startWith: () => Promise.reject(new Error("start processes of a cluster by their names")),
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      for (const link of links.values()) await link[Symbol.asyncDispose]();
      await database?.[Symbol.asyncDispose]();
    },
  };
  const stage = await setStage(folder, cluster.gateway);

  await stage.addChannel("pager");
  for (let i = 0; i < checks; i++) await stage.addCheck(`target-${i}`, ["pager"]);
  type States = { items: { state: string }[] };
  const states = () => cluster.gateway.api<States>("GET", "/statuses?brief=true").then(({ body }) => body.items.map(({ state }) => state));
  await eventually("every check has a result", states, (all) => all.length === checks && !all.includes("pending"), 30_000);

  const outage = (target: number, afterMs: number, lastsMs: number) => {
    const fromMs = Date.now() + afterMs;
    stage.world.plan([{ target: `target-${target % checks}`, fromMs, toMs: fromMs + lastsMs }]);
  };
  const disturb = async (harm: () => Promise<void>) => {
    const fromMs = Date.now();
    await harm();
    stage.nemesis.product = cluster.gateway;
    const overMs = Date.now();
    const asked = () => stage.world.requests.some(({ atMs }) => atMs > overMs);
    await eventually("checks run again", asked, (done) => done, 30_000);
    await eventually("the API answers again", () => cluster.gateway.api("GET", "/checks?limit=1").then(({ status }) => status, () => 0), (status) => status === 200, 30_000);
    stage.nemesis.disturbances.push({ kind: "kill", fromMs, toMs: Date.now() });
  };
  const history = async () => {
    const found = await stage.history();
    if (violations(found).length > 0) console.error(warningsOf(cluster));
    return found;
  };
  return { cluster, stage: { ...stage, history }, links, outage, disturb, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
}

/** What the processes complained about, for whoever looks for the reason. */
function warningsOf({ processes }: Cluster): string {
  const lines = [...processes].flatMap(([name, product]) => product.log().split("\n").map((line) => `${name} ${line}`));
  return lines.filter((line) => /"level":"(warn|error)"/.test(line)).slice(-warningsShown).join("\n");
}
