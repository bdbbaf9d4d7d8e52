/** Who a certificate says that it is: the roles and hosts among its alternative names. */
import type { X509Certificate } from "node:crypto";

const rolePrefix = "spiffe://uptimeping/role/";

export function uriOfRole(role: string): string {
  return `${rolePrefix}${role}`;
}

/** From `URI:spiffe://uptimeping/role/core, DNS:core.internal, IP Address:10.0.0.1`, as Node and Bun write it. */
export function rolesOf(subjectAltName: string | undefined): string[] {
  return namesOf(subjectAltName, "URI").flatMap((uri) => (uri.startsWith(rolePrefix) ? [uri.slice(rolePrefix.length)] : []));
}

export function hostsOf(subjectAltName: string | undefined): string[] {
  return [...namesOf(subjectAltName, "DNS"), ...namesOf(subjectAltName, "IP Address").map(shortest)];
}

/** `0:0:0:0:0:0:0:1` → `::1`: the URL parser knows every way to write an IPv6 address, and writes it in one. */
export function shortest(address: string): string {
  return address.includes(":") ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** Epoch milliseconds of the end of a certificate. */
export function expiryOf(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

function namesOf(subjectAltName: string | undefined, kind: string): string[] {
  const prefix = `${kind}:`;
  return (subjectAltName ?? "").split(", ").flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
}
