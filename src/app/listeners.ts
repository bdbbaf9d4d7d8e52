/** What this process listens on: told to whoever starts it, and closed to its own checks and channels. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { AppError, messageOf } from "#kernel/errors";
import type { Settings } from "./settings.ts";

/** `address:port` (IPv6 in brackets) of everything an origin is reachable at from this machine. */
export function listenersOf(origin: string): string[] {
  const { hostname, port: named } = new URL(origin);
  // A URL leaves out the usual port of its scheme.
  const port = named === "" ? "80" : named;
  const host = hostname.replace(/^\[|\]$/g, "");
  if (host === "localhost") return [`127.0.0.1:${port}`, `[::1]:${port}`];
  if (host !== "0.0.0.0" && host !== "::") return [join(host, port)];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.map(({ address }) => join(address, port));
}

function join(host: string, port: string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const usualPorts: Record<string, string> = { postgres: "5432", postgresql: "5432", redis: "6379", rediss: "6379", amqp: "5672", amqps: "5671", nats: "4222", tls: "4222" };

/** `address:port` of a store, a broker or a peer, by its URL or as `host:port`, of which there may be several; none for a name that nobody knows now. */
async function addressesOf(where: string): Promise<string[]> {
  const [, scheme = "", hosts = ""] = /^(?:(\w+):\/\/)?(?:[^/@]*@)?([^/?]*)/.exec(where)!;
  const all = hosts.split(",").map(async (host) => {
    const [, name = "", port = usualPorts[scheme]] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host) ?? [];
    if (name === "" || port === undefined) return [];
    const found = await lookup(name.replace(/^\[|\]$/g, ""), { all: true }).catch(() => []);
    return found.map(({ address }) => join(address, port));
  });
  return (await Promise.all(all)).flat();
}

/** What the product keeps things in and talks to itself by: not for its checks and channels to reach. */
export async function addressesReliedOn({ process: own, values }: Settings): Promise<string[]> {
  const stores = [own.databaseUrl, own.queueUrl, own.redisUrl].map((url) => url.reveal()).filter((url) => url.includes("://"));
  const peers = Object.keys(values).filter((key) => key.startsWith("peers.")).flatMap((key) => String(values[key]).replace(/^ipv[46]:/, "").split(","));
  return (await Promise.all([...stores, ...peers.filter((peer) => peer !== "")].map(addressesOf))).flat();
}

/** Turns whatever a server says of a port it cannot have into one sentence. */
export function listening<T>(host: string, port: number, serve: () => T): T {
  try {
    return serve();
  } catch (error) {
    throw new AppError("unavailable", `cannot listen on ${host}:${port}: ${messageOf(error)}`, { cause: error });
  }
}

/** Appears whole or not at all: whoever waits for it may read it at once. */
export function writeReadyFile(path: string, bound: Record<string, string>): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.partial`, JSON.stringify(bound));
  renameSync(`${path}.partial`, path);
}
