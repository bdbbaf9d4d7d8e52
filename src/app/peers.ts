/** Channels to the roles of other processes, and what is known of how those do. */
import type { Clock } from "#kernel/clock";
import type { Releases } from "#kernel/lifecycle";
import { createGrpcChannel, type GrpcChannel, type PeerState } from "#kernel/rpc/channel";
import { callOutcomes } from "#kernel/rpc/failover";
import type { AnyRole } from "#kernel/role";
import type { TlsIdentity } from "#kernel/rpc/tls";
import type { Telemetry } from "#kernel/telemetry";
import { longCalls } from "./long_calls.ts";

export interface Peers {
  /** One for each role, whoever needs it. `addresses` as in `parseAddresses`. */
  channel(role: string, addresses: string): GrpcChannel;
  states(): PeerState[];
}

const breakerStates = { closed: 0, half_open: 1, open: 2 } as const;

export interface PeersContext {
  tls: TlsIdentity | undefined;
  peerToken: string;
  clock: Clock;
  releases: Releases;
  telemetry: Telemetry;
}

export function openPeers({ tls, peerToken, clock, releases, telemetry }: PeersContext): Peers {
  const open = new Map<string, GrpcChannel>();
  releases.add("gRPC channels", () => open.forEach((channel) => channel.close()));
  const states = () => [...open.values()].map((channel) => channel.state());

  telemetry.gauge("peer_breaker_state", "Whether a role elsewhere is called: 0 closed (it is), 1 half open (once, to see), 2 open (it is not).", ["peer"], (gauge) => {
    for (const { peer, breaker } of states()) gauge.set({ peer }, breakerStates[breaker]);
  });
  telemetry.gauge("peer_endpoints_connected", "Addresses of a role elsewhere that there is a connection to.", ["peer"], (gauge) => {
    for (const { peer, endpoints } of states()) gauge.set({ peer }, endpoints.filter(({ isConnected }) => isConnected).length);
  });
  const calls = telemetry.counter("peer_calls_total", `Calls to roles elsewhere, by how they ended: ${callOutcomes.join(", ")}.`, ["peer", "outcome"]);
  const retries = telemetry.counter("peer_retries_total", "Further tries of calls to roles elsewhere.", ["peer"]);

  return {
    channel(peer, addresses) {
      const channel =
        open.get(peer) ??
        createGrpcChannel({ peer, addresses, clock, peerToken, tls, longCalls, onCall: (outcome) => calls.inc({ peer, outcome }), onRetry: () => retries.inc({ peer }) });
      open.set(peer, channel);
      return channel;
    },
    states,
  };
}

/** Why a role elsewhere cannot be asked now; empty when it can. */
function awayReason({ peer, breaker, endpoints, problem }: PeerState): string {
  if (breaker !== "open" && endpoints.some(({ isConnected }) => isConnected)) return "";
  return `the role ${peer} does not answer${problem === "" ? "" : `: ${problem}`}`;
}

/** What a role that needs these peers cannot do without: nobody is let in while auth is away. */
const vital: Record<string, readonly string[]> = { gateway: ["auth"] };

/** Of one role of this process; both empty when all is well. */
export interface PeerTroubles {
  /** Why it is not ready. */
  reason: string;
  /** What is worth saying of it. */
  remark: string;
}

export function peerTroubles(role: Pick<AnyRole, "name" | "needs">, states: readonly PeerState[]): PeerTroubles {
  const needed = states.filter(({ peer }) => Object.hasOwn(role.needs, peer));
  const isVital = ({ peer }: PeerState) => vital[role.name]?.includes(peer) === true;
  const said = (some: PeerState[]) => some.map(awayReason).filter((reason) => reason !== "").join("; ");
  return { reason: said(needed.filter(isVital)), remark: said(needed.filter((state) => !isVital(state))) };
}
