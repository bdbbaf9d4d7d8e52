/**
 * Whose request it is. `X-Forwarded-For` can be written by anybody, so it counts only as far as trusted proxies wrote it:
 * read from the right, the first address that is not a trusted proxy is the client.
 */
import { BlockList, isIP } from "node:net";
import { networkOf } from "../settings.ts";

export type ClientIp = (request: Request, peer: string) => string;

export function createClientIp(trustedProxies: readonly string[]): ClientIp {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) networkOf(trusted, proxy);
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

  return (request, peerAddress) => {
    const peer = plain(peerAddress);
    if (trustedProxies.length === 0 || isIP(peer) === 0 || !isTrusted(peer)) return peer;
    let client = peer;
    for (const hop of (request.headers.get("x-forwarded-for") ?? "").split(",").reverse()) {
      const address = plain(hop.trim());
      if (isIP(address) === 0) return client;
      client = address;
      if (!isTrusted(address)) return client;
    }
    return client;
  };
}

/** `::ffff:192.0.2.1` is an IPv4 client on a dual-stack socket. */
function plain(address: string): string {
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}

/** What counts as one client for limits: an IPv4 address, or an IPv6 /64, of which every home and every rented server has a whole one. */
export function networkKeyOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("%")[0]!.split("::");
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const missing = Math.max(0, 8 - groups.length - last.length);
  const full = tail === undefined ? groups : [...groups, ...Array.from({ length: missing }, () => "0"), ...last];
  return full.slice(0, 4).map((group) => group.toLowerCase().replace(/^0+(?=.)/, "")).join(":");
}
