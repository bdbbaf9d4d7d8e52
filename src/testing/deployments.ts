/** The ways in which the product is run: what it promises holds in each of them. */
import { createCluster, everyRoleApart } from "./cluster.ts";
import { serviceUrl, type ServiceName } from "./services.ts";
import { createProductFolder, type Product } from "./start_product.ts";
import { createDatabase } from "./temp_postgres.ts";

export interface Deployment {
  name: string;
  /** Servers that it cannot be without. */
  needs: ServiceName[];
  open(): Promise<Deployed>;
}

export interface Deployed extends AsyncDisposable {
  /** The process that answers people. */
  readonly product: Product;
  /** kill -9 of everything at once, and all of it started again on what it left. */
  killAll(): Promise<void>;
  /** SIGTERM to everything at once; gives the exit codes. */
  stopAll(): Promise<number[]>;
}

export const deployments: Deployment[] = [
  { name: "one process with SQLite", needs: [], open: openAppliance },
  { name: "ten processes with PostgreSQL, Redis and RabbitMQ", needs: ["postgres", "redis", "rabbitmq"], open: () => openCluster("rabbitmq") },
  { name: "ten processes with PostgreSQL and NATS", needs: ["postgres", "nats"], open: () => openCluster("nats") },
  { name: "ten processes with PostgreSQL alone", needs: ["postgres"], open: () => openCluster() },
];

async function openAppliance(): Promise<Deployed> {
  const folder = createProductFolder();
  let product = await folder.start();
  return {
    get product() {
      return product;
    },
    async killAll() {
      await product.kill();
      product = await folder.start();
    },
    stopAll: async () => [await product.stop()],
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function openCluster(broker?: "rabbitmq" | "nats"): Promise<Deployed> {
  const database = await createDatabase();
  const cluster = createCluster({ settings: sharedSettings(database.url, broker), processes: everyRoleApart });
  await cluster.startAll();
  const all = () => [...cluster.processes.keys()];
  return {
    get product() {
      return cluster.gateway;
    },
    async killAll() {
      await Promise.all(all().map((name) => cluster.kill(name)));
      await cluster.startAll();
    },
    stopAll: () => Promise.all(all().map((name) => cluster.stop(name))),
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

export function sharedSettings(databaseUrl: string, broker?: "rabbitmq" | "nats"): string[] {
  const redis = broker === "rabbitmq" ? ["--redis-url", serviceUrl("redis")] : [];
  return ["--database-url", databaseUrl, ...(broker ? ["--queue-url", serviceUrl(broker)] : []), ...redis];
}
