/**
 * Names to addresses, fresh for every attempt: a cached answer would hide that a name stopped resolving.
 *
 * Never getaddrinfo, whose small thread pool a few dead names block for everybody, and not c-ares either: it needs a
 * channel of its own per look-up to keep nothing, at several times the cost, tells a missing name from one without
 * addresses only in part, and waits in whole seconds. Beyond DNS itself: /etc/hosts, the search list of /etc/resolv.conf,
 * and `localhost`. The caller's deadline ends a look-up that nobody answers.
 */
import { systemClock, type Clock, type Timer } from "#kernel/clock";
import { parseAddress } from "#kernel/egress";
import { createDnsClient, type DnsClient, type DnsTrouble } from "./dns_client.ts";
import { rcodes, type DnsMessage } from "./dns_message.ts";
import { addressTypes, recordText } from "./dns_records.ts";
import { dnsPort, parseServer, watchFile, watchResolverConfig, type ResolverConfig, type ServerPlace } from "./dns_servers.ts";
import { failure, type Failure } from "./failure.ts";

export type IpFamily = "any" | "4" | "6";

export interface Lookup {
  cancel(): void;
}

export interface Resolver {
  /** Answers once, never from inside the call: addresses, IPv4 first, or why there are none. Not at all once cancelled. */
  lookup(name: string, family: IpFamily, onAnswer: (answer: string[] | Failure) => void): Lookup;
  /** The servers that it asks, in their order; never none. */
  servers(): ServerPlace[];
}

export interface ResolverOptions {
  /** `address:port` of the servers; empty means those of the system. */
  servers?: string[];
  hostsFile?: string;
  configFile?: string;
  clock?: Clock;
}

/** How long the other family is waited for once one has addresses: some servers never answer a question for AAAA. */
const otherFamilyMs = 500;

export function createResolver(options: ResolverOptions = {}): Resolver {
  const clock = options.clock ?? systemClock;
  const hosts = watchFile(options.hostsFile ?? "/etc/hosts", parseHosts);
  const config = watchResolverConfig(options.configFile);
  const own = options.servers?.map((server) => parseServer(server, dnsPort)) ?? [];
  const servers = own.length > 0 ? () => own : () => config().servers;
  const client = createDnsClient(servers, clock);
  return {
    servers,
    lookup(name, family, onAnswer) {
      const local = localAddresses(name, hosts());
      const lookup = new NameLookup(name, family, client, clock, onAnswer);
      if (local) queueMicrotask(() => lookup.answer(onlyFamily(local, family)));
      else lookup.ask(candidates(name, config()));
      return lookup;
    },
  };
}

class NameLookup implements Lookup {
  #names: string[] = [];
  #index = 0;
  #open = 0;
  #asking: { cancel(): void }[] = [];
  #grace: Timer | undefined = undefined;
  #found: [string[], string[]] = [[], []];
  #trouble: DnsTrouble | undefined = undefined;
  /** Whether any of the names exists, if only without addresses of this family. */
  #exists = false;
  #cancelled = false;

  constructor(
    private readonly wanted: string,
    private readonly family: IpFamily,
    private readonly client: DnsClient,
    private readonly clock: Clock,
    private readonly onAnswer: (answer: string[] | Failure) => void,
  ) {}

  cancel(): void {
    this.#cancelled = true;
    this.#stopAsking();
  }

  answer(addresses: string[]): void {
    if (this.#cancelled) return;
    if (addresses.length > 0) return this.onAnswer(addresses);
    const kind = this.family === "any" ? "address" : `IPv${this.family} address`;
    this.onAnswer(failure("dns_not_found", `name ${this.wanted} was not found: it has no ${kind}`));
  }

  /** Tries the names in order until one has addresses. */
  ask(names: string[]): void {
    this.#names = names;
    this.#askNext();
  }

  #askNext(): void {
    const name = this.#names[this.#index++]!;
    const slots = ([0, 1] as const).filter((slot) => this.family !== (slot === 0 ? "6" : "4"));
    this.#open = slots.length;
    this.#trouble = undefined;
    try {
      this.#asking = slots.map((slot) => this.client.ask({ name, type: slot === 0 ? addressTypes.ipv4 : addressTypes.ipv6 }, (answer) => this.#heard(slot, answer)));
    } catch {
      queueMicrotask(() => this.#settle());
    }
  }

  #heard(slot: 0 | 1, answer: DnsMessage | DnsTrouble): void {
    if ("bytes" in answer) this.#take(slot, answer);
    else this.#trouble ??= answer;
    if (--this.#open === 0) this.#settle();
    else if (this.#found[slot].length > 0) this.#grace = this.clock.after(otherFamilyMs, () => this.#settle());
  }

  #take(slot: 0 | 1, message: DnsMessage): void {
    if (message.rcode !== rcodes.nameError) this.#exists = true;
    const type = slot === 0 ? addressTypes.ipv4 : addressTypes.ipv6;
    try {
      this.#found[slot] = message.answer.filter((record) => record.type === type).map((record) => recordText(message, record));
    } catch (error) {
      this.#trouble ??= { rcode: (error as Error).message };
    }
  }

  #stopAsking(): void {
    this.#grace?.cancel();
    for (const question of this.#asking) question.cancel();
  }

  #settle(): void {
    this.#stopAsking();
    if (this.#cancelled) return;
    const all = this.#found.flat();
    if (all.length > 0) this.onAnswer(all);
    else if (this.#trouble) this.onAnswer(troubleFailure(this.#trouble, this.wanted));
    else if (this.#index < this.#names.length) this.#askNext();
    else if (this.#exists) this.answer([]);
    else this.onAnswer(failure("dns_not_found", `name ${this.wanted} was not found: it does not exist`));
  }
}

function troubleFailure({ rcode, errno }: DnsTrouble, name: string): Failure {
  if (rcode) return failure("dns_failure", `name ${name} was not resolved: the dns server answered ${rcode}`);
  // Nobody to ask, or no socket to ask with: that says nothing about the target.
  return failure("internal", `name ${name} was not resolved: no dns server could be asked (${errno})`);
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

/** The order of resolv.conf(5): names with fewer dots than `ndots` try the search list first. */
function candidates(name: string, search: ResolverConfig): string[] {
  if (name.endsWith(".")) return [name];
  const extended = search.domains.map((domain) => `${name}.${domain}`);
  return name.split(".").length - 1 >= search.dots ? [name, ...extended] : [...extended, name];
}
