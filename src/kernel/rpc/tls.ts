/**
 * Who this process is to others: a certificate of our authority that names its roles. Both sides of a connection show one.
 * The files are read again when they change, so that a certificate is rotated without a restart.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { checkServerIdentity, createSecureContext, type PeerCertificate } from "node:tls";
import * as grpc from "@grpc/grpc-js";
import type { Clock } from "../clock.ts";
import { AppError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { expiryOf, hostsOf, rolesOf } from "../pki/identity.ts";

export interface TlsFiles {
  ca: string;
  cert: string;
  key: string;
}

export interface TlsIdentity {
  /** Roles that the certificate names. */
  roles(): string[];
  expiresAtMs(): number;
  serverCredentials(): grpc.ServerCredentials;
  /** For one connection to a role at a host, as it was written in the settings. */
  clientCredentials(role: string, host: string): grpc.ChannelCredentials;
  /** Called after the certificate became another one. */
  onRotated(listener: () => void): void;
  stop(): void;
}

interface Material {
  ca: string;
  cert: string;
  key: string;
  roles: string[];
  expiresAtMs: number;
}

const dayMs = 86_400_000;
const readAgainMs = 10_000;
const warnEveryMs = dayMs;
const warnFromMs = 14 * dayMs;

export interface TlsOptions {
  files: TlsFiles;
  clock: Clock;
  log: Log;
  read?: (file: string) => string;
}

/** Throws an AppError that names the file when one is missing or wrong. */
export function openTls({ files, clock, log, read = readText }: TlsOptions): TlsIdentity {
  let texts = readAll(files, read);
  let material = load(files, texts);
  const credentials = new RotatingCredentials(contextOf(material));
  const listeners = new Set<() => void>();
  let warnedAtMs = Number.NEGATIVE_INFINITY;

  const warnInTime = () => {
    const leftMs = material.expiresAtMs - clock.now();
    if (leftMs > warnFromMs || clock.now() - warnedAtMs < warnEveryMs) return;
    warnedAtMs = clock.now();
    const fields = { file: files.cert, expiresAt: new Date(material.expiresAtMs).toISOString() };
    if (leftMs <= 0) log.error("the certificate of this process has expired: other roles refuse it; issue another one (uptimeping pki rotate)", fields);
    else log.warn(`the certificate of this process expires in ${Math.ceil(leftMs / dayMs)} d: issue another one (uptimeping pki rotate)`, fields);
  };
  const readAgain = () => {
    try {
      const now = readAll(files, read);
      if (now.ca === texts.ca && now.cert === texts.cert && now.key === texts.key) return;
      texts = now;
      const next = load(files, now);
      material = next;
      credentials.update(contextOf(next));
      warnedAtMs = Number.NEGATIVE_INFINITY;
      log.info("the certificate of this process was rotated", { file: files.cert, expiresAt: new Date(next.expiresAtMs).toISOString() });
      for (const listener of listeners) listener();
    } catch (error) {
      // Files are replaced one after the other; the next look sees them all.
      log.warn("the certificate files changed and do not fit: the ones before are kept", { reason: messageOf(error) });
    }
  };
  warnInTime();
  const timer = clock.every(readAgainMs, () => {
    readAgain();
    warnInTime();
  });
  return {
    roles: () => material.roles,
    expiresAtMs: () => material.expiresAtMs,
    serverCredentials: () => credentials,
    clientCredentials: (role, host) =>
      grpc.credentials.createFromSecureContext(createSecureContext({ ...contextOf(material), minVersion: "TLSv1.3" }), {
        checkServerIdentity: (_name, certificate) => problemOfServer(role, host, certificate),
      }),
    onRotated: (listener) => void listeners.add(listener),
    stop: () => timer.cancel(),
  };
}

/** A process that answers as `role` must have been given that role, and the name by which it was dialled. */
function problemOfServer(role: string, host: string, certificate: PeerCertificate): Error | undefined {
  const roles = rolesOf(certificate.subjectaltname);
  if (!roles.includes(role)) return new Error(`the certificate of ${host} is for ${roles.length === 0 ? "no role" : `the role ${roles.join(", ")}`}, not for ${role}`);
  if (checkServerIdentity(host, certificate) === undefined) return undefined;
  return new Error(`the certificate of ${host} is for the host ${hostsOf(certificate.subjectaltname).join(", ") || "of no name"}, not for ${host}`);
}

function readAll(files: TlsFiles, read: (file: string) => string): TlsFiles {
  return { ca: textOf("tls-ca", files.ca, read), cert: textOf("tls-cert", files.cert, read), key: textOf("tls-key", files.key, read) };
}

function load(files: TlsFiles, { ca, cert, key }: TlsFiles): Material {
  const parse = <T>(setting: string, file: string, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new AppError("failed_precondition", `${setting}: ${JSON.stringify(file)} is not right: ${messageOf(error)}`, { cause: error });
    }
  };
  parse("tls-ca", files.ca, () => new X509Certificate(ca));
  const certificate = parse("tls-cert", files.cert, () => new X509Certificate(cert));
  const privateKey = parse("tls-key", files.key, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) throw new AppError("failed_precondition", `tls-key: ${JSON.stringify(files.key)} is not the key of ${JSON.stringify(files.cert)}`);
  const roles = rolesOf(certificate.subjectAltName);
  if (roles.length === 0) throw new AppError("failed_precondition", `tls-cert: ${JSON.stringify(files.cert)} names no role: issue it with uptimeping pki issue --role`);
  return { ca, cert, key, roles, expiresAtMs: expiryOf(certificate) };
}

function textOf(setting: string, file: string, read: (file: string) => string): string {
  try {
    return read(file);
  } catch (error) {
    throw new AppError("failed_precondition", `${setting}: ${JSON.stringify(file)} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function readText(file: string): string {
  return readFileSync(file, "utf8");
}

const contextOf = ({ ca, cert, key }: Material) => ({ ca, cert, key });

class RotatingCredentials extends grpc.ServerCredentials {
  constructor(context: { ca: string; cert: string; key: string }) {
    super({ requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.3" }, context);
  }

  update(context: { ca: string; cert: string; key: string }): void {
    this.updateSecureContextOptions(context);
  }

  override _equals(other: grpc.ServerCredentials): boolean {
    return other === this;
  }
}
