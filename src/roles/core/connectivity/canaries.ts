/** Which canaries are asked whether our own network is there: those of the operator, or those that this host names itself. */
import { readFileSync } from "node:fs";
import { parseAddress } from "#kernel/egress";
import { parseResolverConfig, parseServer, dnsPort, type ServerPlace } from "../net/dns_servers.ts";

export interface Canary {
  /** As people read it. */
  name: string;
  /** One of them that answers will do. */
  places: ServerPlace[];
}

export interface HostFiles {
  routes: string;
  resolvers: string;
}

const hostFiles: HostFiles = { routes: "/proc/net/route", resolvers: "/etc/resolv.conf" };

/** An entry of the setting, beside `auto` and `none`. */
export function isCanary(entry: string): boolean {
  return entry === "auto" || entry === "none" || placeOf(entry) !== undefined;
}

/** `none` among the entries switches all off. */
export function canariesOf(entries: readonly string[], files: HostFiles = hostFiles): Canary[] {
  if (entries.includes("none")) return [];
  const found = new Map<string, Canary>();
  for (const entry of entries) {
    const more = entry === "auto" ? canariesOfHost(files) : [{ name: entry, places: [placeOf(entry)!] }];
    for (const canary of more) found.set(canary.name, canary);
  }
  return [...found.values()];
}

function placeOf(entry: string): ServerPlace | undefined {
  const { host, port } = parseServer(entry, 0);
  return host !== "" && Number.isInteger(port) && port > 0 && port <= 65_535 ? { host, port } : undefined;
}

const usualPorts = [dnsPort, 80];

/** The default gateway and the name servers. A loopback address answers without any network, so it says nothing. */
function canariesOfHost({ routes, resolvers }: HostFiles): Canary[] {
  const gateway = defaultGateway(contentOf(routes));
  const servers = parseResolverConfig(contentOf(resolvers)).servers.map(({ host }) => host);
  const hosts = [...(gateway === undefined ? [] : [gateway]), ...servers].filter((host) => !isLoopback(host) && !host.includes("%"));
  return [...new Set(hosts)].map((host) => ({ name: host, places: usualPorts.map((port) => ({ host, port })) }));
}

/** Of Linux's table of routes, where addresses are hexadecimal and little-endian. */
export function defaultGateway(table: string): string | undefined {
  for (const line of table.split("\n").slice(1)) {
    const [, destination, gateway = ""] = line.trim().split(/\s+/);
    if (destination !== "00000000" || gateway === "00000000" || !/^[0-9A-F]{8}$/i.test(gateway)) continue;
    return [6, 4, 2, 0].map((at) => Number.parseInt(gateway.slice(at, at + 2), 16)).join(".");
  }
  return undefined;
}

export function isLoopback(host: string): boolean {
  const bytes = parseAddress(host);
  if (!bytes) return host === "localhost" || host.endsWith(".localhost");
  return bytes.length === 4 ? bytes[0] === 127 : host === "::1" || bytes.every((byte, at) => byte === (at === 15 ? 1 : 0));
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Another system than Linux, or a container without the file: fewer canaries, not a reason to fail.
    return "";
  }
}
