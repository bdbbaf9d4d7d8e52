/** What can be measured. The goals behind the figures are those of the product's design: ratios decide, absolute figures inform. */
import type { Scenario } from "./bench.ts";
import { clusterScenario } from "./scenarios/cluster.ts";
import { faultsScenario } from "./scenarios/faults.ts";
import { honestyScenario } from "./scenarios/honesty.ts";
import { kindsScenario } from "./scenarios/kinds.ts";
import { latencyScenario } from "./scenarios/latency.ts";
import { mixedScenario } from "./scenarios/mixed.ts";
import { overviewScenario } from "./scenarios/overview.ts";
import { pacedScenario } from "./scenarios/paced.ts";
import { queuesScenario } from "./scenarios/queues.ts";
import { scaleScenario } from "./scenarios/scale.ts";
import { soakScenario } from "./scenarios/soak.ts";
import { statusScenario } from "./scenarios/status.ts";
import { storageScenario } from "./scenarios/storage.ts";
import { throughputScenario } from "./scenarios/throughput.ts";

export const scenarios: Record<string, Scenario> = {
  kinds: kindsScenario,
  throughput: throughputScenario,
  paced: pacedScenario,
  honesty: honestyScenario,
  mixed: mixedScenario,
  latency: latencyScenario,
  status: statusScenario,
  storage: storageScenario,
  scale: scaleScenario,
  soak: soakScenario,
  faults: faultsScenario,
  cluster: clusterScenario,
  queues: queuesScenario,
  overview: overviewScenario,
};

/** Run when nothing is said; about five minutes. */
export const usual = ["kinds", "throughput"];
