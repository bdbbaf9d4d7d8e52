/** What this process listens on: told to whoever starts it, and closed to its own checks and channels. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname } from "node:path";
import { AppError, messageOf } from "#kernel/errors";

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
