/**
 * The egress gate as senders use it: every address that a connection may go to is decided right before it is connected.
 * Private addresses are open to channels while one tenant exists, and then those that were granted to the channel's tenant.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { systemCall } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { decideEgress, rulesFor, type EgressRules } from "#kernel/egress";
import type { Client } from "#kernel/rpc/contract";
import type { Egress } from "#ports/egress";

export interface Gate {
  /** Why a literal address may not be reached; undefined when it may, and for a name. */
  refusalOfLiteral(host: string, port: number): Promise<string | undefined>;
  /** Every address of a host, each allowed. Rejects with EgressRefused when one of them is not. */
  resolve(host: string, port: number): Promise<ResolvedAddress[]>;
}

export interface ResolvedAddress {
  address: string;
  family: number;
}

export class EgressRefused extends Error {}

const tenancyKeptMs = 1_000;

/** Gives the gate of a tenant. */
export type Gates = (tenantId: string) => Gate;

export function createGates(egress: Egress, auth: Client<typeof AuthService>, clock: Clock): Gates {
  let known: { privateAllowed: boolean; atMs: number } | undefined;

  const privateAllowed = async () => {
    if (known === undefined || clock.monotonic() - known.atMs > tenancyKeptMs) {
      const { tenants } = await auth.getTenancy({}, systemCall("notification"));
      known = { privateAllowed: tenants <= 1, atMs: clock.monotonic() };
    }
    return known.privateAllowed;
  };

  return (tenantId) => gateOf(() => rulesFor(egress.rules(), tenantId), privateAllowed);
}

/** For what the operator set up: private addresses are open, and what was closed for all stays closed. */
export function operatorGate(egress: Egress): Gate {
  return gateOf(() => egress.rules(), async () => true);
}

/** For addresses that anybody on the internet may have typed: private ones only where the operator opened them. */
export function visitorGate(egress: Egress): Gate {
  return gateOf(() => egress.rules(), async () => false);
}

function gateOf(rules: () => EgressRules, privateAllowed: () => Promise<boolean>): Gate {
  return {
    async refusalOfLiteral(host, port) {
      const address = withoutBrackets(host);
      if (isIP(address) === 0) return undefined;
      return decideEgress(rules(), { address, port, privateAllowed: await privateAllowed() });
    },
    async resolve(host, port) {
      const name = withoutBrackets(host);
      const family = isIP(name);
      const [open, addresses] = await Promise.all([privateAllowed(), family === 0 ? lookup(name, { all: true }) : [{ address: name, family }]]);
      for (const { address } of addresses) {
        const refusal = decideEgress(rules(), { address, port, privateAllowed: open });
        // One forbidden address among good ones is how a rebinding name looks: the whole name is refused.
        if (refusal !== undefined) throw new EgressRefused(refusal);
      }
      return addresses;
    },
  };
}

/** The host of a URL writes an IPv6 address in brackets. */
function withoutBrackets(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}
