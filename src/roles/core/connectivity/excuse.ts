/** Which failures a lost network of our own explains. */
import { networkInterfaces } from "node:os";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { parseServer } from "../net/dns_servers.ts";
import { failure, type ErrorKind } from "../net/failure.ts";
import type { FinishedRun } from "../finished_run.ts";
import { isLoopback } from "./canaries.ts";
import type { Connectivity } from "./connectivity.ts";

/** A refusal, a certificate or an answer came from somewhere, so the network was there. */
const kindsOfNetwork = new Set<ErrorKind>([
  "dns_not_found",
  "dns_timeout",
  "dns_failure",
  "connect_timeout",
  "connect_unreachable",
  "connection_reset",
  "tls_handshake",
  "response_timeout",
  "heartbeat_missed",
]);

/**
 * The run as it is to be stored: unknown, when the network there was gone during it and explains its failure. `own` is that of this
 * process, for what was run at home.
 */
export function excused(run: FinishedRun, check: Check, own: Connectivity | undefined): FinishedRun {
  const { error, network = own } = run;
  if (!error || !network || run.startedAtMs >= network.excusedBeforeMs || !kindsOfNetwork.has(error.kind) || staysHere(check)) return run;
  return { ...run, status: "unknown", error: failure("no_connectivity", `our own connectivity is lost: ${network.summary()}; the run failed with ${error.message}`) };
}

/** A target on this host is reached without any network. */
function staysHere({ target = {} }: Check): boolean {
  const named = target["host"] ?? target["address"] ?? target["url"];
  if (typeof named !== "string") return false;
  const authority = named.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/[/?#].*$/s, "").replace(/^.*@/, "");
  const { host } = parseServer(authority, 0);
  return isLoopback(host) || Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === host));
}
