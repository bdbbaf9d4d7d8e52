/**
 * What splitting the product costs and what more cores bring: the same checks by one process and by several, with one, two and four
 * core processes. All of it shares this machine with its targets and its database, so what is compared is CPU for each check.
 */
import { createCluster, type Cluster } from "../../../src/testing/cluster.ts";
import { startServer, type Server } from "../../../src/testing/servers/server.ts";
import { eventually, type Product } from "../../../src/testing/start_product.ts";
import { amount, say, spread, type Bench, type Scenario } from "../bench.ts";
import { httpCheck } from "../kinds.ts";
import { eachOf } from "../processes.ts";
import type { Figure } from "../report.ts";
import { usageOf } from "../usage.ts";

const checksAtOnce = 1_000;

interface Layout {
  name: string;
  /** Roles of each process, by its name. */
  processes: Record<string, string[]>;
  broker?: "rabbitmq" | "nats";
}

const front = { front: ["gateway", "auth", "config", "forge", "metrics"] };
const back = { scheduler: ["scheduler"], incident: ["incident"], notification: ["notification"] };
const cores = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`core-${i + 1}`, ["core"]]));

const layouts: Layout[] = [
  { name: "one process", processes: { all: ["all"] } },
  { name: "split, 1 core", processes: { ...front, ...back, ...cores(1) } },
  { name: "split, 2 cores", processes: { ...front, ...back, ...cores(2) } },
  { name: "split, 4 cores", processes: { ...front, ...back, ...cores(4) } },
  { name: "split, 2 cores, RabbitMQ", processes: { ...front, ...back, ...cores(2) }, broker: "rabbitmq" },
  { name: "split, 2 cores, NATS", processes: { ...front, ...back, ...cores(2) }, broker: "nats" },
];

export const clusterScenario: Scenario = {
  what: "one process and split roles on PostgreSQL, with 1, 2 and 4 cores, and with brokers: CPU for each check",
  minutes: 6,
  async run(bench) {
    const figures: Figure[] = [];
    for (const layout of bench.isSmoke ? layouts.slice(1, 2) : layouts) figures.push(...(await measure(bench, layout)));
    return { title: `${amount(bench, checksAtOnce)} HTTP checks at 1 s on PostgreSQL, a new connection each`, figures };
  },
};

async function measure(bench: Bench, layout: Layout): Promise<Figure[]> {
  say(layout.name);
  await using postgres = await startServer("postgres");
  const broker = layout.broker && (await startServer(layout.broker));
  try {
    return await measureOn(bench, layout, [postgres, ...(broker ? [broker] : [])]);
  } finally {
    await broker?.[Symbol.asyncDispose]();
  }
}

async function measureOn(bench: Bench, layout: Layout, servers: Server[]): Promise<Figure[]> {
  const [postgres, broker] = servers;
  const limits = ["ip", "user", "tenant", "login"].flatMap((what) => [`--rate-limit-${what}`, "0"]);
  const settings = ["--database-url", postgres!.url, ...(broker ? ["--queue-url", broker.url] : []), "--log-level", "warn", ...limits];
  await using cluster = createCluster({ executable: bench.executable, settings, processes: layout.processes });
  await cluster.startAll();
  const documents = spread(amount(bench, checksAtOnce), (address) => httpCheck(address, bench.targets, "http"));
  await eachOf(documents, 20, async (document) => {
    const { status } = await cluster.gateway.api("POST", "/checks", { ...document, schedule: { every: "1s" } });
    if (status !== 201) throw new Error(`a check was refused with ${status}`);
  });
  const keeper = await keeperOf(cluster);
  await Bun.sleep(bench.warmUpSeconds * 1_000);

  const before = { results: await counted(keeper, "results_total"), missed: await counted(keeper, "missed_slots_total"), cpu: cpuOf(cluster), servers: servers.map(cpuOfServer) };
  const begun = performance.now();
  await Bun.sleep(bench.seconds * 1_000);
  const seconds = (performance.now() - begun) / 1_000;
  const results = (await counted(keeper, "results_total")) - before.results;
  const missed = (await counted(keeper, "missed_slots_total")) - before.missed;
  const after = cpuOf(cluster);
  const perThousand = (cpuSeconds: number) => (1_000 * cpuSeconds) / results;
  const { name } = layout;
  return [
    { name: `results stored, ${name}`, value: results / seconds, unit: "/s", digits: 0 },
    { name: `missed slots, ${name}`, value: missed, unit: "", digits: 0 },
    { name: `CPU of the product per 1000 checks, ${name}`, value: perThousand(sum(after) - sum(before.cpu)), unit: "s", digits: 3 },
    ...servers.map((server, i): Figure => ({ name: `CPU of ${server.name} per 1000 checks, ${name}`, value: perThousand(cpuOfServer(server) - before.servers[i]!), unit: "s", digits: 3 })),
    ...[...after].map(([process, cpuSeconds]): Figure => ({ name: `CPU of ${process} per 1000 checks, ${name}`, value: perThousand(cpuSeconds - before.cpu.get(process)!), unit: "s", digits: 3 })),
  ];
}

/** The core that leads: it stores what all of them find. */
async function keeperOf(cluster: Cluster): Promise<Product> {
  const counts = async () => Promise.all([...cluster.processes.values()].map(async (product) => ({ product, results: await counted(product, "results_total") })));
  const found = await eventually("results are stored", counts, (all) => all.some(({ results }) => results > 0), 60_000);
  return found.find(({ results }) => results > 0)!.product;
}

async function counted({ health }: Product, name: string): Promise<number> {
  const text = await (await fetch(`${health}/metrics`)).text();
  return [...text.matchAll(new RegExp(`^uptimeping_${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].reduce((all, [, value]) => all + Number(value), 0);
}

function cpuOf(cluster: Cluster): Map<string, number> {
  return new Map([...cluster.processes].map(([name, { pid }]) => [name, usageOf(pid).cpuSeconds]));
}

function cpuOfServer({ pid }: Server): number {
  return usageOf(pid).cpuSeconds;
}

function sum(values: Map<string, number>): number {
  return [...values.values()].reduce((all, value) => all + value, 0);
}
