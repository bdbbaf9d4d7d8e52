/** The calling half of the far transport: everything a process asks of one role that runs elsewhere. */
import type { Message } from "@bufbuild/protobuf";
import type { Call } from "../call.ts";
import type { Clock } from "../clock.ts";
import { systemResolve, type Resolve } from "./addresses.ts";
import { createBreaker, type BreakerState } from "./breaker.ts";
import type { Client, Contract } from "./contract.ts";
import { askUnary, openStream, type Asked, type CallOutcome, type Line } from "./failover.ts";
import { createGate } from "./gate.ts";
import { createRetryBudget } from "./retry_budget.ts";
import { createRoster } from "./roster.ts";
import type { TlsIdentity } from "./tls.ts";
import { definitionOf } from "./wire.ts";

// Bun's HTTP/2 client overflows its stack near 10,000 streams opened at once on one session.
const maxCallsInFlight = 1000;

export interface GrpcChannel {
  client<C extends Contract>(contract: C): Client<C>;
  state(): PeerState;
  close(): void;
}

export interface PeerState {
  /** The role. */
  peer: string;
  breaker: BreakerState;
  endpoints: { address: string; isConnected: boolean }[];
  /** What the newest failure said, "" when the newest call was answered. */
  problem: string;
}

export interface GrpcChannelOptions {
  /** The role that is called. */
  peer: string;
  /** Where it is, as in `parseAddresses`. */
  addresses: string;
  clock: Clock;
  peerToken?: string;
  tls?: TlsIdentity | undefined;
  /** Methods that may take longer than others when their caller sets no limit: `package.Service/Method` → milliseconds. */
  longCalls?: ReadonlyMap<string, number>;
  resolve?: Resolve;
  random?: () => number;
  /** Told of every call as it ends, and of every further try. */
  onCall?: (outcome: CallOutcome) => void;
  onRetry?: () => void;
}

/** Rejects nothing at once: a role that is away is found out by calling it. Throws when the addresses are not right. */
export function createGrpcChannel(options: GrpcChannelOptions): GrpcChannel {
  const { peer, addresses, clock, peerToken = "", tls, resolve = systemResolve, random = Math.random, onCall, onRetry, longCalls } = options;
  const roster = createRoster({ peer, addresses, resolve, clock, peerToken, tls });
  tls?.onRotated(() => roster.reconnect());
  let problem = "";
  const line: Line = {
    peer,
    roster,
    gate: createGate(maxCallsInFlight, clock),
    clock,
    random,
    breaker: createBreaker(clock),
    budget: createRetryBudget(),
    openedWithoutConnection: false,
    onCall(outcome, error) {
      problem = outcome === "ok" || outcome === "refused" ? "" : outcome === "held_back" || outcome === "cancelled" ? problem : (error?.message ?? "");
      onCall?.(outcome);
    },
    onRetry: () => onRetry?.(),
  };
  return {
    client(contract) {
      const definition = definitionOf(contract);
      const client: Record<string, unknown> = {};
      for (const method of contract.methods) {
        if (method.methodKind !== "unary" && method.methodKind !== "server_streaming") continue;
        const asked = (request: Message, call: Call): Asked => ({ method, wire: definition[method.localName]!, request, call });
        const usualMs = longCalls?.get(`${contract.typeName}/${method.name}`);
        client[method.localName] =
          method.methodKind === "server_streaming"
            ? (request: Message, call: Call) => openStream(line, asked(request, call))
            : (request: Message, call: Call) => askUnary(line, asked(request, call), usualMs);
      }
      return client as never;
    },
    state: () => ({
      peer,
      breaker: line.breaker.state(),
      endpoints: roster.list().map(({ address, isReady }) => ({ address: `${address.ip}:${address.port}`, isConnected: isReady() })),
      problem: problem || roster.problem(),
    }),
    close: () => roster.close(),
  };
}
