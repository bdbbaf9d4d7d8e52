/**
 * One registry of metrics a process, served at `/metrics`. Names start with `uptimeping_`.
 * Labels come from closed sets only; a label per check would make every scrape as large as the installation.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

export interface Telemetry {
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string>(name: string, help: string, labels?: readonly L[], collect?: (gauge: Gauge<L>) => void): Gauge<L>;
  histogram<L extends string>(name: string, help: string, buckets: number[], labels?: readonly L[]): Histogram<L>;
  /** The Prometheus text of everything registered. */
  exposition(): Promise<string>;
}

export function createTelemetry(): Telemetry {
  const registry = new Registry();
  return {
    counter: (name, help, labels = []) => new Counter({ name: `uptimeping_${name}`, help, labelNames: [...labels], registers: [registry] }),
    gauge<L extends string>(name: string, help: string, labels: readonly L[] = [], collect?: (gauge: Gauge<L>) => void) {
      const gauge: Gauge<L> = new Gauge({
        name: `uptimeping_${name}`,
        help,
        labelNames: [...labels],
        registers: [registry],
        ...(collect && { collect: () => collect(gauge) }),
      });
      return gauge;
    },
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ name: `uptimeping_${name}`, help, buckets, labelNames: [...labels], registers: [registry] }),
    exposition: () => registry.metrics(),
  };
}
