/** Chooses one adapter for each port that the roles of this process use, and loads only those. */
import type { Clock } from "#kernel/clock";
import type { EgressRules } from "#kernel/egress";
import type { Releases } from "#kernel/lifecycle";
import type { Log } from "#kernel/log";
import type { Ports } from "#ports/index";
import { adapters } from "../adapters/index.ts";
import type { ProcessSettings } from "./settings.ts";

export interface PlugContext {
  settings: ProcessSettings;
  clock: Clock;
  log: Log;
  releases: Releases;
  /** What the process listens on; grows while it starts. */
  ownListeners: string[];
  onFatal: (error: Error) => void;
}

const kept = ["identity", "audit", "checks", "schedules", "leases", "results", "incidents", "channels", "ledger", "protos", "queue"] as const;

export async function plug(names: Set<string>, context: PlugContext): Promise<Partial<Ports>> {
  const { settings, clock } = context;
  const ports: Partial<Ports> = {};
  if (kept.some((name) => names.has(name))) Object.assign(ports, await openStore(context));
  if (names.has("vault") || names.has("rateLimits")) {
    const { createRateLimits, createVault, loadMasterKey } = await adapters.in_process();
    if (names.has("rateLimits")) ports.rateLimits = createRateLimits(clock);
    if (names.has("vault")) {
      ports.vault = createVault(loadMasterKey({ file: settings.masterKeyFile, env: settings.masterKey.reveal(), dataDir: settings.dataDir }));
    }
  }
  if (names.has("egress")) {
    ports.egress = { rules: rulesFrom(context) };
  }
  return ports;
}

/** A new object whenever a listener was added: the gate compiles rules once for each object it is given. */
function rulesFrom({ settings, ownListeners }: PlugContext): () => EgressRules {
  let rules: EgressRules = { allow: settings.egressAllow, deny: settings.egressDeny, own: [] };
  return () => {
    if (rules.own.length !== ownListeners.length) rules = { ...rules, own: [...ownListeners] };
    return rules;
  };
}

async function openStore({ settings, clock, log, releases, onFatal }: PlugContext): Promise<Partial<Ports>> {
  const { openSqliteAdapters } = await adapters.sqlite();
  return openSqliteAdapters({
    dataDir: settings.dataDir,
    commitIntervalMs: settings.commitInterval,
    retention: {
      resultsMs: settings.retentionResults,
      minutesMs: settings.retentionMinutes,
      hoursMs: settings.retentionHours,
      daysMs: settings.retentionDays,
    },
    clock,
    log,
    releases,
    onFatal,
  });
}
