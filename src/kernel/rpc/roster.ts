/**
 * The addresses of one role, and which of them to ask. Calls go round over those that are connected; one that did not answer is
 * passed over for a while. Once one has said that it stands by, the role is known to lead somewhere: the one that answers is
 * asked first from then on, until it no longer does.
 */
import type { Clock } from "../clock.ts";
import { createAddressBook, type Address, type Resolve } from "./addresses.ts";
import { connect, type Endpoint, type EndpointOptions } from "./endpoint.ts";
import type { CallFailure } from "./wire.ts";

/** How long one is passed over that did not answer, and one that stands by. */
const restMs = { failed: 1_000, standsBy: 5_000 };

export interface Roster {
  /** The next one to ask; undefined when all were tried, or none is known. */
  next(tried: ReadonlySet<Endpoint>): Promise<Endpoint | undefined>;
  answered(endpoint: Endpoint): void;
  failed(endpoint: Endpoint, failure: CallFailure): void;
  /** Names are looked up again, soon. */
  doubt(): void;
  /** Connects anew, with the certificate of now; calls that run finish on the old connections. */
  reconnect(): void;
  list(): readonly Endpoint[];
  /** Why no address is known, "" when the names could be looked up. */
  problem(): string;
  close(): void;
}

export interface RosterOptions extends EndpointOptions {
  addresses: string;
  resolve: Resolve;
  clock: Clock;
}

export function createRoster(options: RosterOptions): Roster {
  const { addresses, resolve, clock } = options;
  let endpoints: Endpoint[] = [];
  let leader: Endpoint | undefined;
  let isLed = false;
  let turn = 0;
  let restsUntil = new WeakMap<Endpoint, number>();

  const replace = (wanted: Address[], keep: Endpoint[]) => {
    const isSame = (a: Address) => (endpoint: Endpoint) => endpoint.address.ip === a.ip && endpoint.address.port === a.port && endpoint.address.host === a.host;
    const next = wanted.map((address) => keep.find(isSame(address)) ?? connect(address, options));
    for (const endpoint of endpoints) if (!next.includes(endpoint)) endpoint.close();
    endpoints = next;
    if (leader && !endpoints.includes(leader)) leader = undefined;
  };
  const rank = (endpoint: Endpoint): number => {
    if (endpoint === leader) return 0;
    return ((restsUntil.get(endpoint) ?? 0) > clock.monotonic() ? 3 : 1) + (endpoint.isReady() ? 0 : 1);
  };
  const book = createAddressBook({ addresses, resolve, clock, onChange: (wanted) => replace(wanted, endpoints) });

  return {
    async next(tried) {
      await book.current();
      const candidates = endpoints.filter((endpoint) => !tried.has(endpoint));
      if (candidates.length === 0) return undefined;
      const ranks = candidates.map(rank);
      const best = candidates.filter((_, index) => ranks[index] === Math.min(...ranks));
      return best[turn++ % best.length];
    },
    answered(endpoint) {
      restsUntil.delete(endpoint);
      if (isLed) leader = endpoint;
    },
    failed(endpoint, { kind, standsBy }) {
      // One that is late may be a machine that is gone, which the connection finds out later.
      if (kind === "answered" || kind === "abandoned") return;
      if (standsBy) isLed = true;
      if (leader === endpoint) leader = undefined;
      restsUntil.set(endpoint, clock.monotonic() + (standsBy ? restMs.standsBy : restMs.failed));
      book.doubt();
    },
    doubt: () => book.doubt(),
    reconnect: () => replace(endpoints.map(({ address }) => address), []),
    list: () => endpoints,
    problem: () => book.problem(),
    close() {
      book.stop();
      replace([], []);
      restsUntil = new WeakMap();
    },
  };
}
