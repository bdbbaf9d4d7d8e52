/**
 * Names to addresses, fresh for every attempt: a cached answer would hide that a name stopped resolving.
 *
 * Never getaddrinfo, whose small thread pool a few dead names block for everybody. c-ares instead, with one resolver per
 * look-up, because a shared one caches answers for their TTL. What c-ares leaves out at this level is done here:
 * /etc/hosts, the search list of /etc/resolv.conf, and `localhost`. The caller's deadline is the only timer.
 */
import { readFileSync, statSync } from "node:fs";
import { Resolver as Ares } from "node:dns";
import { parseAddress } from "#kernel/egress";
import { failure, type Failure } from "./failure.ts";

export type IpFamily = "any" | "4" | "6";

export interface Lookup {
  cancel(): void;
}

export interface Resolver {
  /** Answers once, never from inside the call: addresses, IPv4 first, or why there are none. Not at all once cancelled. */
  lookup(name: string, family: IpFamily, onAnswer: (answer: string[] | Failure) => void): Lookup;
}

export interface ResolverOptions {
  /** `address:port` of the servers; empty means those of the system. */
  servers?: string[];
  hostsFile?: string;
  configFile?: string;
}

export function createResolver(options: ResolverOptions = {}): Resolver {
  const hosts = watchFile(options.hostsFile ?? "/etc/hosts", parseHosts);
  const search = watchFile(options.configFile ?? "/etc/resolv.conf", parseSearch);
  const servers = options.servers ?? [];
  return {
    lookup(name, family, onAnswer) {
      const local = localAddresses(name, hosts());
      const lookup = new AresLookup(name, family, servers, onAnswer);
      if (local) queueMicrotask(() => lookup.answer(onlyFamily(local, family)));
      else lookup.ask(candidates(name, search()), 0);
      return lookup;
    },
  };
}

class AresLookup implements Lookup {
  #ares: Ares | undefined;
  #cancelled = false;

  constructor(
    private readonly wanted: string,
    private readonly family: IpFamily,
    private readonly servers: string[],
    private readonly onAnswer: (answer: string[] | Failure) => void,
  ) {}

  cancel(): void {
    this.#cancelled = true;
    this.#ares?.cancel();
  }

  answer(addresses: string[]): void {
    if (this.#cancelled) return;
    if (addresses.length > 0) return this.onAnswer(addresses);
    const kind = this.family === "any" ? "address" : `IPv${this.family} address`;
    this.onAnswer(failure("dns_not_found", `name ${this.wanted} was not found: it has no ${kind}`));
  }

  /** Tries the names in order until one exists. */
  ask(names: string[], index: number): void {
    const name = names[index]!;
    const ares = new Ares();
    if (this.servers.length > 0) ares.setServers(this.servers);
    this.#ares = ares;
    const found: string[][] = [[], []];
    let worst = "";
    let open = 0;
    const settle = (slot: number) => (error: { code?: string } | null, addresses: string[]) => {
      if (error) worst = graver(worst, error.code ?? "EUNKNOWN");
      else found[slot] = addresses;
      if (--open > 0 || this.#cancelled) return;
      this.#ares = undefined;
      const all = found.flat();
      if (all.length > 0) this.onAnswer(all);
      else if (isMissing(worst) && index + 1 < names.length) this.ask(names, index + 1);
      else if (isMissing(worst)) this.answer([]);
      else this.onAnswer(aresFailure(worst, this.wanted));
    };
    if (this.family !== "6") open++;
    if (this.family !== "4") open++;
    if (this.family !== "6") ares.resolve4(name, settle(0));
    if (this.family !== "4") ares.resolve6(name, settle(1));
  }
}

function isMissing(code: string): boolean {
  return code === "ENOTFOUND" || code === "ENODATA" || code === "";
}

/** When both questions fail, a broken server explains more than a missing record. */
function graver(before: string, code: string): string {
  return before === "" || isMissing(before) ? code : before;
}

function aresFailure(code: string, name: string): Failure {
  if (code === "ETIMEOUT") return failure("dns_timeout", `name ${name} was not resolved: no dns server answered`);
  // Nobody to ask, or no socket to ask with: that says nothing about the target.
  if (code === "ECONNREFUSED" || code === "ENOMEM" || code === "EFILE") return failure("internal", `name ${name} was not resolved: no dns server could be asked (${code})`);
  return failure("dns_failure", `name ${name} was not resolved: the dns server answered ${code.replace(/^E/, "")}`);
}

/** `localhost` and names below it are loopback by definition (RFC 6761); a hosts file may say otherwise. */
function localAddresses(name: string, hosts: Map<string, string[]>): string[] | undefined {
  const plain = name.toLowerCase().replace(/\.$/, "");
  const known = hosts.get(plain);
  if (plain === "localhost" || plain.endsWith(".localhost")) return [...new Set([...(known ?? []), "127.0.0.1", "::1"])];
  return known;
}

function onlyFamily(addresses: string[], family: IpFamily): string[] {
  const ipv4 = family === "6" ? [] : addresses.filter((address) => !address.includes(":"));
  const ipv6 = family === "4" ? [] : addresses.filter((address) => address.includes(":"));
  return [...ipv4, ...ipv6];
}

export function parseHosts(text: string): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (!address || !parseAddress(address)) continue;
    for (const name of names) hosts.set(name.toLowerCase(), [...(hosts.get(name.toLowerCase()) ?? []), address]);
  }
  return hosts;
}

interface SearchList {
  domains: string[];
  dots: number;
}

export function parseSearch(text: string): SearchList {
  const list: SearchList = { domains: [], dots: 1 };
  for (const line of text.split("\n")) {
    const [keyword, ...words] = line.trim().split(/\s+/);
    if (keyword === "search" || keyword === "domain") list.domains = words;
    if (keyword === "options") list.dots = Number(words.find((word) => word.startsWith("ndots:"))?.slice(6) ?? list.dots);
  }
  return list;
}

/** The order of resolv.conf(5): names with fewer dots than `ndots` try the search list first. */
function candidates(name: string, search: SearchList): string[] {
  if (name.endsWith(".")) return [name];
  const extended = search.domains.map((domain) => `${name}.${domain}`);
  return name.split(".").length - 1 >= search.dots ? [name, ...extended] : [...extended, name];
}

/** The parsed content of a file that may change under us; an unreadable one counts as empty. */
function watchFile<T>(path: string, parse: (text: string) => T): () => T {
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
