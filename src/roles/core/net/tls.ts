/** TLS of a probe: what is asked of the peer, and what its certificate says. */
import { createSecureContext, type PeerCertificate } from "node:tls";
import type { TLSOptions } from "bun";
import { readChain, type Link } from "./certificate.ts";
import type { LineSocket } from "./dial.ts";

/** The `tls` part of a target as a person writes it. */
export interface TlsTarget {
  caPem?: string;
  certPem?: string;
  keyPem?: string;
  serverName?: string;
  minVersion?: "1.0" | "1.1" | "1.2" | "1.3";
  skipVerify?: boolean;
}

export interface PreparedTls {
  options: TLSOptions;
  /** The runtime keeps parsed authorities only while somebody holds them, and parsing them costs more than a check. */
  context: unknown;
  serverName: string;
  skipVerify: boolean;
  /** The chain last seen, as it was sent, leaf first; the root of our own that completes it may stand at its end. */
  chain: Link[];
  /** Wall time at which the chain was looked at. */
  chainSeenAtMs: number;
  /** Outcome of the last verification, as the library's code; "" when it succeeded. */
  verification: string;
}

const versions = { "1.0": 0x0301, "1.1": 0x0302, "1.2": 0x0303, "1.3": 0x0304 };

/** `protocols` are offered by ALPN, the first preferred. Throws when a PEM text cannot be read. */
export function prepareTls(host: string, target: TlsTarget = {}, protocols: string[] = []): PreparedTls {
  const serverName = target.serverName ?? host.replace(/^\[|\]$/g, "");
  const skipVerify = target.skipVerify ?? false;
  const options: Record<string, unknown> = { rejectUnauthorized: !skipVerify, minVersion: versions[target.minVersion ?? "1.2"] };
  options.serverName = serverName;
  if (target.caPem) options.ca = target.caPem;
  if (target.certPem) options.cert = target.certPem;
  if (target.keyPem) options.key = target.keyPem;
  // Only the wire form is understood; names given as text are ignored.
  if (protocols.length > 0) options.ALPNProtocols = Buffer.concat(protocols.map((name) => Buffer.from([name.length, ...Buffer.from(name)])));
  const needsContext = target.caPem !== undefined || target.certPem !== undefined;
  const context = needsContext ? createSecureContext({ ca: target.caPem, cert: target.certPem, key: target.keyPem }) : undefined;
  return { options: options as TLSOptions, context, serverName, skipVerify, chain: [], chainSeenAtMs: 0, verification: "" };
}

/** Longest chain that is read. */
const maxChain = 10;

/**
 * Looks at the peer's certificates, which are there even when they were refused. The chain costs a fifth of a whole
 * check, the leaf's fingerprint next to nothing: with the leaf of last time, the chain is looked at again only after
 * `maxAgeMs`, or when the verification ended in another way than it did then. It is parsed only when it has changed.
 * Answers whether there was a certificate to look at.
 */
export function readCertificates(socket: LineSocket, tls: PreparedTls, verification: string, { nowMs, maxAgeMs }: { nowMs: number; maxAgeMs: number }): boolean {
  const wasVerified = tls.verification;
  tls.verification = verification;
  const leaf = socket.getPeerX509Certificate();
  if (!leaf) return false;
  const isKnown = tls.chain[0]?.facts.fingerprint256 === leaf.fingerprint256;
  const age = nowMs - tls.chainSeenAtMs;
  if (isKnown && verification === wasVerified && age >= 0 && age < maxAgeMs) return true;
  tls.chainSeenAtMs = nowMs;
  const sent = chainOf(socket);
  const isSame = sent.length === tls.chain.length && sent.every(({ fingerprint256 }, index) => fingerprint256 === tls.chain[index]!.facts.fingerprint256);
  if (!isSame) tls.chain = readChain(sent.map(({ raw }) => raw));
  return true;
}

type Linked = PeerCertificate & { issuerCertificate?: Linked };

function chainOf(socket: LineSocket): Linked[] {
  // The declared form takes no argument; this one gives the whole chain.
  const peer = socket as unknown as { getPeerCertificate(abbreviated: boolean): Linked };
  const chain: Linked[] = [];
  let current: Linked | undefined = peer.getPeerCertificate(false);
  while (current && Object.keys(current).length > 0 && chain.length < maxChain && !chain.some((seen) => seen.fingerprint256 === current!.fingerprint256)) {
    chain.push(current);
    current = current.issuerCertificate;
  }
  return chain;
}
