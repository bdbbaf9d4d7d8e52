/** Every kind of check that is probed, and its probe. A heartbeat is not asked: it reports. */
import type { CheckType } from "#ports/assertion_language";
import { prepareDns } from "./dns.ts";
import { prepareGraphql } from "./graphql.ts";
import { prepareGrpc } from "./grpc.ts";
import { prepareReflection } from "./grpc_reflection_attempt.ts";
import { prepareHttp } from "./http.ts";
import { prepareIcmp } from "./icmp.ts";
import type { Prepare } from "./probe.ts";
import { prepareTcp } from "./tcp.ts";
import { prepareTlsCheck } from "./tls.ts";
import { prepareWebSocket } from "./websocket_attempt.ts";

export const probes: Record<Exclude<CheckType, "heartbeat">, Prepare> = {
  tls: prepareTlsCheck,
  dns: prepareDns,
  icmp: prepareIcmp,
  websocket: prepareWebSocket,
  http: prepareHttp,
  tcp: prepareTcp,
  grpc: prepareGrpc,
  graphql: prepareGraphql,
};

/** What is run like a check, once and for nobody's schedule: no person can write such a check. */
export const errands = { grpc_reflection: prepareReflection } as const satisfies Record<string, Prepare>;
