/** TLS of a probe: what is asked of the peer, and what its certificate says. */
import { createSecureContext, type PeerCertificate } from "node:tls";
import type { TLSOptions } from "bun";
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

export interface CertificateFacts {
  subject: string;
  issuer: string;
  names: string;
  notBefore: string;
  notAfter: string;
  fingerprint256: string;
}

export interface PreparedTls {
  options: TLSOptions;
  /** The runtime keeps parsed authorities only while somebody holds them, and parsing them costs more than a check. */
  context: unknown;
  serverName: string;
  skipVerify: boolean;
  /** The chain last seen, leaf first; parsed again only when the leaf's fingerprint is a new one. */
  chain: CertificateFacts[];
  notAfterMs: number;
}

const versions = { "1.0": 0x0301, "1.1": 0x0302, "1.2": 0x0303, "1.3": 0x0304 };

/** `protocols` are offered by ALPN, the first preferred. Throws when a PEM text cannot be read. */
export function prepareTls(host: string, target: TlsTarget = {}, protocols: string[] = []): PreparedTls {
  const serverName = target.serverName ?? host;
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
  return { options: options as TLSOptions, context, serverName, skipVerify, chain: [], notAfterMs: Number.NaN };
}


/** Looks at the peer's certificate, which is there even when it was refused. */
export function readCertificate(socket: LineSocket, tls: PreparedTls): void {
  const leaf = socket.getPeerX509Certificate();
  if (!leaf) return;
  if (tls.chain[0]?.fingerprint256 === leaf.fingerprint256) return;
  // The declared form takes no argument; this one gives the whole chain.
  const peer = socket as unknown as { getPeerCertificate(abbreviated: boolean): PeerCertificate & { issuerCertificate?: PeerCertificate } };
  const chain: CertificateFacts[] = [];
  let current: (PeerCertificate & { issuerCertificate?: PeerCertificate }) | undefined = peer.getPeerCertificate(false);
  while (current && Object.keys(current).length > 0 && chain.length < 10 && !chain.some((seen) => seen.fingerprint256 === current!.fingerprint256)) {
    chain.push(factsOf(current));
    current = current.issuerCertificate;
  }
  tls.chain = chain;
  tls.notAfterMs = Date.parse(leaf.validTo);
}

function factsOf(certificate: PeerCertificate): CertificateFacts {
  return {
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    names: (certificate.subjectaltname ?? "").slice(0, 1_000),
    notBefore: isoDate(certificate.valid_from),
    notAfter: isoDate(certificate.valid_to),
    fingerprint256: certificate.fingerprint256,
  };
}

function distinguishedName(name: object | undefined): string {
  return Object.entries(name ?? {}).map(([key, value]) => `${key}=${String(value)}`).join(", ").slice(0, 300);
}

function isoDate(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString();
}
