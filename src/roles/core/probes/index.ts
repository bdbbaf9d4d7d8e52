/** Every kind of check and its probe. */
import type { CheckType } from "#ports/assertion_language";
import { prepareGraphql } from "./graphql.ts";
import { prepareGrpc } from "./grpc.ts";
import { prepareHttp } from "./http.ts";
import type { Prepare } from "./probe.ts";
import { prepareTcp } from "./tcp.ts";

export const probes: Record<CheckType, Prepare> = {
  http: prepareHttp,
  tcp: prepareTcp,
  grpc: prepareGrpc,
  graphql: prepareGraphql,
};
