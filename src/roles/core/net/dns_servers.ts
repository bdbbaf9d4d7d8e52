/** Where DNS servers are named: in a target or an option ("1.1.1.1", "[::1]:5353", "dns.example:53"), and in resolv.conf(5). */
import { readFileSync, statSync } from "node:fs";
import { parseAddress } from "#kernel/egress";

export interface ServerPlace {
  /** A literal address or a name, without brackets. */
  host: string;
  port: number;
}

export interface ResolverConfig {
  servers: ServerPlace[];
  /** The search list. */
  domains: string[];
  /** Names with fewer dots than this try the search list first. */
  dots: number;
}

export const dnsPort = 53;

export function parseServer(text: string, usualPort: number): ServerPlace {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(text);
  if (bracketed) return { host: bracketed[1]!, port: Number(bracketed[2] ?? usualPort) };
  const colon = text.indexOf(":");
  // More than one colon is an IPv6 address without a port.
  if (colon < 0 || text.includes(":", colon + 1)) return { host: text, port: usualPort };
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

/** What the C library does with the file: three servers at most, and the one of this machine when there is none. */
export function parseResolverConfig(text: string): ResolverConfig {
  const config: ResolverConfig = { servers: [], domains: [], dots: 1 };
  for (const line of text.split("\n")) {
    const [keyword, ...words] = line.trim().split(/\s+/);
    if (keyword === "nameserver" && config.servers.length < 3 && isAddress(words[0] ?? "")) config.servers.push({ host: words[0]!, port: dnsPort });
    if (keyword === "search" || keyword === "domain") config.domains = words;
    if (keyword === "options") config.dots = Number(words.find((word) => word.startsWith("ndots:"))?.slice(6) ?? config.dots);
  }
  if (config.servers.length === 0) config.servers.push({ host: "127.0.0.1", port: dnsPort });
  return config;
}

/** A link-local address has its interface after a percent sign. */
function isAddress(text: string): boolean {
  return parseAddress(text.replace(/%[\w.-]+$/, "")) !== undefined;
}

/** Read anew when the file has changed. */
export function watchResolverConfig(path = "/etc/resolv.conf"): () => ResolverConfig {
  return watchFile(path, parseResolverConfig);
}

/** The parsed content of a file that may change under us; an unreadable one counts as empty. */
export function watchFile<T>(path: string, parse: (text: string) => T): () => T {
  let stamp = -1;
  let value = parse("");
  return () => {
    const changedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changedAt !== stamp) {
      stamp = changedAt;
      try {
        value = parse(readFileSync(path, "utf8"));
      } catch {
        value = parse("");
      }
    }
    return value;
  };
}
