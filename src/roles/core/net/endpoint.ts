/** Where a probe connects, read once from the target. */
import { decideEgress, parseAddress, type EgressRules } from "#kernel/egress";
import type { IpFamily } from "./resolver.ts";
import type { PreparedTls } from "./tls.ts";

export interface Endpoint {
  /** Name or literal address, without brackets. */
  host: string;
  port: number;
  family: IpFamily;
  /** The address to connect to when it needs no look-up. */
  literal: string | undefined;
  tls: PreparedTls | undefined;
  /** The gate's last decision for `literal`, good for one set of rules. */
  decided: { rules: EgressRules; privateAllowed: boolean; refusal: string | undefined } | undefined;
}

export interface EndpointOptions {
  host: string;
  port: number;
  family?: IpFamily;
  /** Connect to this address instead of what the name resolves to. */
  resolve?: string;
  tls?: PreparedTls;
}

export function createEndpoint(options: EndpointOptions): Endpoint {
  const host = options.host.replace(/^\[|\]$/g, "");
  const literal = options.resolve ?? (parseAddress(host) ? host : undefined);
  return { host, port: options.port, family: options.family ?? "any", literal, tls: options.tls, decided: undefined };
}

/** The gate's answer for a literal endpoint, which is the same until the rules change. */
export function refusalOf(endpoint: Endpoint, rules: EgressRules, privateAllowed: boolean): string | undefined {
  const { decided } = endpoint;
  if (decided && decided.rules === rules && decided.privateAllowed === privateAllowed) return decided.refusal;
  const refusal = decideEgress(rules, { address: endpoint.literal!, port: endpoint.port, privateAllowed });
  endpoint.decided = { rules, privateAllowed, refusal };
  return refusal;
}

/** "host:8080", with brackets where they are needed. */
export function authorityOf(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
