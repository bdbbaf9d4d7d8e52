/** Where a role is: the text of a setting becomes addresses, names are looked up again and again. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock, Timer } from "../clock.ts";
import { AppError, messageOf } from "../errors.ts";

/** `host` is a name or an IP address, without brackets. */
export interface HostPort {
  host: string;
  port: number;
}

export interface Address {
  /** An IP address. */
  ip: string;
  port: number;
  /** As it was written: what a certificate has to be for. */
  host: string;
}

/** `ipv4:10.0.0.1:50054,10.0.0.2:50054`, `ipv6:[::1]:50054`, `core:50054` or a list of such. */
export function parseAddresses(text: string): HostPort[] {
  return text.replace(/^(ipv4:|ipv6:|dns:(\/\/\/)?)/, "").split(",").map((part) => parseOne(part.trim(), text));
}

function parseOne(part: string, text: string): HostPort {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(part) ?? [];
  const host = bracketed ?? plain;
  const isRight = host !== undefined && Number(port) > 0 && Number(port) <= 65_535 && (bracketed === undefined || isIP(bracketed) === 6);
  if (!isRight) throw new AppError("invalid_argument", `the address ${JSON.stringify(part)} in ${JSON.stringify(text)} is not right: host:port, ipv4:10.0.0.1:50054,10.0.0.2:50054 or ipv6:[::1]:50054`);
  return { host, port: Number(port) };
}

/** All addresses of a name. Rejects when it has none. */
export type Resolve = (name: string) => Promise<string[]>;

export const systemResolve: Resolve = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

const refreshMs = 10_000;
/** Failures ask for a look-up each; there is one in this time. */
const leastMs = 1_000;

export interface AddressBook {
  /** What is known now; waits for the first look-up. Empty when no name is known to anybody. */
  current(): Promise<Address[]>;
  /** Something did not answer: look again soon. */
  doubt(): void;
  /** Why the newest look-up failed, "" when it did not. */
  problem(): string;
  stop(): void;
}

export interface AddressBookOptions {
  addresses: string;
  resolve: Resolve;
  clock: Clock;
  onChange(addresses: Address[]): void;
}

export function createAddressBook({ addresses, resolve, clock, onChange }: AddressBookOptions): AddressBook {
  const written = parseAddresses(addresses);
  const known = new Map<string, string[]>();
  let problem = "";
  let lookedAtMs = clock.monotonic();
  let looking: Promise<void> | undefined;
  let shown = "";

  const list = (): Address[] => written.flatMap(({ host, port }) => (isIP(host) === 0 ? (known.get(host) ?? []) : [host]).map((ip) => ({ ip, port, host })));

  const look = async () => {
    lookedAtMs = clock.monotonic();
    const problems: string[] = [];
    for (const name of new Set(written.flatMap(({ host }) => (isIP(host) === 0 ? [host] : [])))) {
      // What was true a moment ago is better than nothing while the name server is away.
      await resolve(name).then((ips) => known.set(name, ips), (error: unknown) => problems.push(`cannot look up ${name}: ${messageOf(error)}`));
    }
    problem = problems.join("; ");
    const now = JSON.stringify(list());
    if (now !== shown) onChange(list());
    shown = now;
  };
  const refresh = () => (looking ??= look().finally(() => (looking = undefined)));

  const hasNames = written.some(({ host }) => isIP(host) === 0);
  const first = refresh();
  const timer: Timer | undefined = hasNames ? clock.every(refreshMs, () => void refresh()) : undefined;
  return {
    async current() {
      await first;
      return list();
    },
    doubt() {
      if (hasNames && clock.monotonic() - lookedAtMs >= leastMs) void refresh();
    },
    problem: () => problem,
    stop: () => timer?.cancel(),
  };
}
