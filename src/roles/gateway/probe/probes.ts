/** `GET /probe` without its HTTP: from what a scrape asks for to gauges, or to a text for people. */
import type { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import { systemCall, type Call } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Client } from "#kernel/rpc/contract";
import type { Trial } from "../trial.ts";
import { debugText } from "./debug.ts";
import { expositionOf, expositionType } from "./exposition.ts";
import { metricsOf } from "./metrics.ts";
import type { ProbeModule } from "./module.ts";
import type { ProbeModules } from "./module_file.ts";
import { createProbeRunner } from "./run_probe.ts";

export interface Scrape {
  target: string;
  module: string;
  hostname: string;
  debug: boolean;
  /** The header `X-Prometheus-Scrape-Timeout-Seconds`. */
  timeoutHeader: string | null;
}

export interface Probes {
  /** How long the probe may take; throws when the scrape cannot be answered at all. */
  timeoutOf(scrape: Scrape): number;
  answer(scrape: Scrape, timeoutMs: number, call: Call): Promise<{ text: string; type: string }>;
}

export interface ProbesOptions {
  modules: () => ProbeModules;
  trial: Trial;
  auth: Client<typeof AuthService>;
  clock: Clock;
}

const longestMs = 120_000;
/** For the way back to Prometheus, as the exporter has it. */
const marginMs = 500;
const tenancyKeptMs = 1_000;

export function createProbes({ modules, trial, auth, clock }: ProbesOptions): Probes {
  const run = createProbeRunner(trial, clock);
  let tenancy: { tenants: number; atMs: number } | undefined;

  const moduleOf = ({ module: name }: Scrape): ProbeModule => {
    const module = modules().get(name);
    if (!module) throw new AppError("malformed", `unknown module ${JSON.stringify(name.slice(0, 100))}: it is one of ${[...modules().keys()].join(", ")}`);
    return module;
  };

  /** The secrets of a module are the operator's: a tenant among others could have them sent to a server of its own. */
  const refuseOthersSecrets = async ({ name, holdsSecrets }: ProbeModule) => {
    if (!holdsSecrets) return;
    if (!tenancy || clock.monotonic() - tenancy.atMs > tenancyKeptMs) {
      const { tenants } = await auth.getTenancy({}, systemCall("gateway"));
      tenancy = { tenants, atMs: clock.monotonic() };
    }
    if (tenancy.tenants > 1) throw new AppError("forbidden", `module ${JSON.stringify(name)} holds secrets of the operator's, and there are several tenants: make a check with secrets of your own`);
  };

  return {
    timeoutOf(scrape) {
      if (scrape.target === "") throw new AppError("malformed", "the parameter target is missing: it says what to probe");
      return Math.min(scrapeTimeoutMs(scrape.timeoutHeader), moduleOf(scrape).timeoutMs ?? longestMs);
    },
    async answer(scrape, timeoutMs, call) {
      const module = moduleOf(scrape);
      await refuseOthersSecrets(module);
      const request = { module, timeoutMs, target: scrape.target, hostname: scrape.hostname };
      const probed = await run(request, call);
      const gauges = metricsOf(probed, module, scrape.target);
      return scrape.debug ? { text: debugText(request, probed, gauges), type: "text/plain; charset=utf-8" } : { text: expositionOf(gauges), type: expositionType };
    },
  };
}

/** Of a scrape that is over in less than a second half is left. */
function scrapeTimeoutMs(header: string | null): number {
  if (header === null) return longestMs;
  const givenMs = /^\d+(?:\.\d+)?$/.test(header) ? Number(header) * 1_000 : Number.NaN;
  if (!(givenMs > 0)) throw new AppError("malformed", `X-Prometheus-Scrape-Timeout-Seconds: ${JSON.stringify(header.slice(0, 40))} is not a number of seconds`);
  return Math.floor(Math.min(Math.max(givenMs - marginMs, givenMs / 2), longestMs));
}
