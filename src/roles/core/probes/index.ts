/** Every kind of check and its probe. */
import type { CheckType } from "#ports/assertion_language";
import { prepareGraphql } from "./graphql.ts";
import { prepareHttp } from "./http.ts";
import type { Prepare } from "./probe.ts";
import { prepareTcp } from "./tcp.ts";

export const probes: Partial<Record<CheckType, Prepare>> = {
  http: prepareHttp,
  tcp: prepareTcp,
  graphql: prepareGraphql,
};
