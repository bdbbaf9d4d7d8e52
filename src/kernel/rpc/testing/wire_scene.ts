/** Servers and channels of one test file over real sockets, and certificates for them. Everything is released in reverse order. */
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { systemClock } from "../../clock.ts";
import { AppError } from "../../errors.ts";
import { silentLog, type Log } from "../../log.ts";
import { issueLeaf, makeAuthority, type KeyedCertificate, type LeafRequest } from "../../pki/issue.ts";
import { createGrpcChannel, type GrpcChannel, type GrpcChannelOptions } from "../channel.ts";
import type { Api } from "../contract.ts";
import { createGrpcServer, type GrpcServer } from "../server.ts";
import type { Admission } from "../serving.ts";
import { openTls, type TlsIdentity } from "../tls.ts";

export type ConfigApi = Api<typeof ConfigService>;

/** Everything that a test does not bring must not be called. */
export function whole(api: Partial<ConfigApi>): ConfigApi {
  const names = ConfigService.methods.map((method) => method.localName);
  return { ...Object.fromEntries(names.map((name) => [name, () => Promise.reject(new AppError("not_implemented", name))])), ...api } as ConfigApi;
}

export interface ServeOptions {
  log?: Log;
  peerToken?: string;
  tls?: TlsIdentity;
  admission?: Admission;
  port?: number;
}

export interface WireScene {
  serve(api: Partial<ConfigApi>, options?: ServeOptions): Promise<{ address: string; port: number; server: GrpcServer }>;
  dial(addresses: string, options?: Partial<GrpcChannelOptions>): GrpcChannel;
  release(): Promise<void>;
}

export function wireScene(): WireScene {
  const releases: (() => unknown)[] = [];
  return {
    async serve(api, { log = silentLog, peerToken = "", tls, admission = {}, port = 0 } = {}) {
      const server = createGrpcServer({ log, clock: systemClock, peerToken, tls });
      server.mount(ConfigService, whole(api), admission);
      const bound = await server.listen("127.0.0.1", port);
      releases.push(() => server.stop(0));
      return { address: `127.0.0.1:${bound}`, port: bound, server };
    },
    dial(addresses, options = {}) {
      const channel = createGrpcChannel({ peer: "config", addresses, clock: systemClock, ...options });
      releases.push(() => channel.close());
      return channel;
    },
    async release() {
      for (const release of releases.toReversed()) await release();
    },
  };
}

const hourMs = 3_600_000;

export const lasting = (): LeafRequest["validity"] => ({ fromMs: Date.now() - hourMs, untilMs: Date.now() + 1_000 * hourMs });
export const over = (): LeafRequest["validity"] => ({ fromMs: Date.now() - 2 * hourMs, untilMs: Date.now() - hourMs });

export interface TestAuthority {
  ca: KeyedCertificate;
  leaf(roles: string[], fields?: Partial<LeafRequest>): KeyedCertificate;
  /** Files that are there only for whoever reads them through it; `certificate` may be put in their place later. */
  identity(certificate: KeyedCertificate, log?: Log): TlsIdentity;
}

export function testAuthority(): TestAuthority {
  const ca = makeAuthority("UptimePing test authority", lasting());
  return {
    ca,
    leaf: (roles, fields = {}) => issueLeaf(ca, { hosts: ["localhost", "127.0.0.1", "::1"], roles, validity: lasting(), ...fields }),
    identity: (certificate, log = silentLog) => identityOf(() => ({ ...certificate, ca: ca.cert }), log),
  };
}

/** An identity whose files are what `files` gives whenever they are read. */
export function identityOf(files: () => KeyedCertificate & { ca: string }, log: Log = silentLog, clock = systemClock): TlsIdentity {
  const read = (name: string) => files()[name as "ca" | "cert" | "key"];
  return openTls({ files: { ca: "ca", cert: "cert", key: "key" }, clock, log, read });
}
