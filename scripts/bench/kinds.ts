/** The kinds of check that are measured: the check as a user writes it, and the same exchange as bytes for the C client. */
import { encodeH2 } from "../../src/roles/core/net/h2.ts";
import type { TargetName, Targets } from "./targets.ts";

export interface CheckInput {
  name: string;
  type: string;
  target: Record<string, unknown>;
  assertions?: { source: string; op: string; value?: unknown }[];
  timeoutMs?: number;
  retries?: number;
  tags?: Record<string, string>;
}

export interface Kind {
  check(address: string, targets: Targets): CheckInput;
  exchange: { transport: "tcp" | "tls" | "udp"; target: TargetName; request(targets: Targets): Buffer };
}

export type KindName = "http" | "https" | "tcp" | "grpc" | "dns";

const statusIs200 = [{ source: "status", op: "eq", value: 200 }];

export const kinds: Record<KindName, Kind> = {
  http: {
    check: (address, targets) => httpCheck(address, targets, "http"),
    exchange: { transport: "tcp", target: "http", request: getHealth },
  },
  https: {
    check: (address, { at, authorityPem }) => ({
      name: `HTTPS ${address}`,
      type: "http",
      target: { url: `https://${address}:${at.https.port}/health`, tls: { caPem: authorityPem, serverName: "localhost" } },
      assertions: statusIs200,
    }),
    exchange: { transport: "tls", target: "https", request: getHealth },
  },
  tcp: {
    check: (address, { at }) => ({
      name: `TCP ${address}`,
      type: "tcp",
      target: { host: address, port: at.banner.port, steps: [{ expect: { text: "220 " } }] },
    }),
    exchange: { transport: "tcp", target: "banner", request: () => Buffer.alloc(0) },
  },
  grpc: {
    check: (address, { at }) => ({ name: `gRPC ${address}`, type: "grpc", target: { address: `${address}:${at.grpc.port}`, mode: "health" } }),
    exchange: { transport: "tcp", target: "grpc", request: healthCall },
  },
  dns: {
    check: (address, targets) => dnsCheck(address, targets, "dns"),
    exchange: { transport: "udp", target: "dns", request: () => Buffer.from("12340100000100000000000007 6578616d706c65 03636f6d 0000010001".replaceAll(" ", ""), "hex") },
  },
};

/** An HTTP check of one of the plain targets. */
export function httpCheck(address: string, { at }: Targets, target: "http" | "http_soon" | "http_late" | "http_never"): CheckInput {
  return { name: `HTTP ${address}`, type: "http", target: { url: `http://${address}:${at[target].port}/health` }, assertions: statusIs200 };
}

export function dnsCheck(address: string, { at }: Targets, target: "dns" | "dns_never"): CheckInput {
  return { name: `DNS ${address}`, type: "dns", target: { name: "example.com", server: `${address}:${at[target].port}` } };
}

function getHealth(): Buffer {
  return Buffer.from("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

function healthCall({ at }: Targets): Buffer {
  const headers: [string, string][] = [["te", "trailers"], ["content-type", "application/grpc"]];
  return Buffer.from(encodeH2({ path: "/grpc.health.v1.Health/Check", authority: `127.0.0.1:${at.grpc.port}`, isSecure: false, headers, body: Buffer.alloc(5) }));
}
