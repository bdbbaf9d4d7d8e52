/** The built executable as several processes that share a database: each role on its own unless said otherwise. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "./free_ports.ts";
import { peerFlags } from "./peer_flags.ts";
import { createProductFolder, type Product, type ProductOptions } from "./start_product.ts";

export interface Cluster extends AsyncDisposable {
  dir: string;
  /** Those that run, by name. */
  processes: Map<string, Product>;
  /** Of the first process with the role gateway. */
  readonly gateway: Product;
  names: string[];
  /** Starts a process that does not run; resolves when it serves, or stands by. */
  start(name: string, ...args: string[]): Promise<Product>;
  startAll(): Promise<void>;
  /** kill -9. */
  kill(name: string): Promise<void>;
  /** SIGTERM; gives the exit code. */
  stop(name: string): Promise<number>;
}

export interface ClusterOptions extends ProductOptions {
  /** Where things are kept: `--database-url …`, for every process. */
  settings: string[];
  /** Roles of each process, by its name. */
  processes?: Record<string, string[]>;
  /** More for some processes, by name. */
  more?: Record<string, string[]>;
  /** The port by which others reach the one of a process: that of a link, in a test that cuts it. */
  wiredTo?: (name: string, port: number) => number;
}

/** Nobody asks the gateway or the command line anything over gRPC. */
const answering = ["auth", "config", "scheduler", "core", "incident", "forge", "notification", "metrics"];

/** Ten roles, ten processes. */
export const everyRoleApart: Record<string, string[]> = Object.fromEntries(["gateway", ...answering, "cli"].map((role) => [role, [role]]));

export function createCluster({ settings, processes: roles = everyRoleApart, more = {}, wiredTo = (_name, port) => port, executable, env }: ClusterOptions): Cluster {
  const folder = createProductFolder({ ...(executable !== undefined && { executable }), env: { UPTIMEPING_MASTER_KEY: "k".repeat(43), ...env } });
  const names = Object.keys(roles);
  const ports = new Map(freePorts(names.length).map((port, i) => [names[i]!, port]));
  const peers = answering.flatMap((role) => {
    const at = names.filter((name) => roles[name]!.includes(role)).map((name) => `127.0.0.1:${wiredTo(name, ports.get(name)!)}`);
    return at.length === 0 ? [] : peerFlags([role], `ipv4:${at.join(",")}`);
  });
  const processes = new Map<string, Product>();

  const start: Cluster["start"] = async (name, ...args) => {
    const dataDir = join(folder.dir, name);
    mkdirSync(dataDir, { recursive: true });
    // One that is killed is started again under its name, as a supervisor would.
    const own = ["--instance-id", name, "--role", roles[name]!.join(","), "--grpc-port", String(ports.get(name)), "--data-dir", dataDir];
    const product = await folder.start(...own, ...peers, ...settings, ...(more[name] ?? []), ...args);
    processes.set(name, product);
    return product;
  };
  const end = async <T>(name: string, how: (product: Product) => Promise<T>): Promise<T> => {
    const product = processes.get(name)!;
    processes.delete(name);
    return how(product);
  };
  return {
    dir: folder.dir,
    processes,
    names,
    get gateway() {
      return processes.get(names.find((name) => roles[name]!.some((role) => role === "gateway" || role === "all") && processes.has(name))!)!;
    },
    start,
    startAll: async () => void (await Promise.all(names.filter((name) => !processes.has(name)).map((name) => start(name)))),
    kill: (name) => end(name, (product) => product.kill()),
    stop: (name) => end(name, (product) => product.stop()),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
