/** What each type of check aims at, as a person writes it in `target`, and which parts of it are secret. */
import type { z } from "zod";
import type { CheckType } from "./assertion_language.ts";
import { dns } from "./targets/dns.ts";
import { secretHeaders } from "./targets/fields.ts";
import { grpc } from "./targets/grpc.ts";
import { heartbeat, heartbeatEveryMs } from "./targets/heartbeat.ts";
import { graphql, http } from "./targets/http.ts";
import { icmp } from "./targets/icmp.ts";
import { tcp, tlsTarget } from "./targets/tcp.ts";
import { websocket } from "./targets/websocket.ts";

export const targets = { http, grpc, graphql, tcp, tls: tlsTarget, dns, icmp, websocket, heartbeat } satisfies Record<CheckType, z.ZodType>;

/** How often a check runs to which nobody gave a schedule. */
export function defaultEveryMs(type: unknown, target: Record<string, unknown>): number {
  return type === "heartbeat" ? heartbeatEveryMs(target) : 60_000;
}

const headersIn = (place: string) => secretHeaders.map((name) => `${place}.${name}`);
const overHttp = ["auth.password", "auth.token", "auth.clientSecret", "tls.keyPem", "proxy.password", ...headersIn("headers")];

/** Paths within `target` whose values are shown as "***" and kept when "***" is written back. */
export const secretPaths: Record<CheckType, readonly string[]> = {
  http: overHttp,
  graphql: overHttp,
  grpc: ["tls.keyPem", "auth.token", ...headersIn("metadata")],
  tcp: ["tls.keyPem"],
  tls: ["tls.keyPem"],
  dns: ["tls.keyPem"],
  icmp: [],
  websocket: ["tls.keyPem", ...headersIn("headers")],
  heartbeat: [],
};

/** Header names are compared without case; no other path of a target differs from another by case alone. */
export function isSecretPath(type: string, path: readonly string[]): boolean {
  if (!Object.hasOwn(secretPaths, type)) return false;
  const secrets = secretPaths[type as CheckType];
  return secrets.includes(path.join(".")) || secrets.includes(path.join(".").toLowerCase());
}

export interface Secret {
  path: string[];
  text: string;
}

/** The secrets that a target holds. */
export function secretsIn(type: string, value: unknown, path: string[] = []): Secret[] {
  if (typeof value === "string") return value !== "" && isSecretPath(type, path) ? [{ path, text: value }] : [];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => secretsIn(type, inner, [...path, key]));
}
