/** A module of the blackbox exporter as we run it: how a target becomes a check, and what its answer means. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { AssertionOutcome, Result } from "#contracts/uptimeping/core/v1/core_pb";
import type { CheckType } from "#ports/assertion_language";
import type { CheckAssertion } from "#ports/check_document";

export type Prober = "http" | "tcp" | "dns" | "icmp" | "grpc";
export type IpFamily = "any" | "4" | "6";

/** What is particular to a target; `target.ipFamily` is set for each try. */
export interface CheckDraft {
  type: CheckType;
  target: Record<string, unknown>;
  assertions: CheckAssertion[];
}

/** What a module says of itself; its file adds name and time. */
export interface ModuleRules {
  /** Tried in turn while the name has no address of the family. */
  families: readonly IpFamily[];
  /** `hostname` is the parameter of that name, "" when it is absent. Throws an Error when the target cannot be understood. */
  draft(target: string, hostname: string): CheckDraft;
  /** Why an answer fails although every assertion holds. */
  complaint?(result: Result, target: string): string | undefined;
  /** Whether an assertion that does not hold is no failure here. */
  forgives?(outcome: AssertionOutcome): boolean;
  /** Certificates are taken as they come. */
  skipsVerification?: boolean;
  /** Labels of `probe_expect_info`, when what was received has them. */
  expectInfo?(received: string): Record<string, string> | undefined;
}

export interface ProbeModule extends ModuleRules {
  name: string;
  prober: Prober;
  /** Undefined: as long as the scrape lets it. */
  timeoutMs: number | undefined;
  /** As it was written, with its secrets as "***". */
  shown: JsonObject;
  /** It sends secrets of whoever wrote the module, to wherever the target is. */
  holdsSecrets: boolean;
}

export const assertion = (source: CheckAssertion["source"], op: CheckAssertion["op"], value?: unknown, path?: string): CheckAssertion => ({
  source,
  op,
  severity: "down",
  ...(value !== undefined && { value }),
  ...(path !== undefined && { path }),
});

/** "host:port", "[::1]:port" or a host alone; undefined when it is none of these. */
export function splitTarget(target: string): { host: string; port: number | undefined } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)|([0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*))(?::(\d{1,5}))?$/.exec(target);
  if (!match) return undefined;
  const [, bracketed, plain, bare, port] = match;
  return { host: bracketed ?? plain ?? bare!, port: port === undefined ? undefined : Number(port) };
}
