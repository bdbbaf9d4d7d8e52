/**
 * One registry of metrics a process, served at `/metrics`. Names start with `uptimeping_`.
 * Labels come from closed sets only; a label per check would make every scrape as large as the installation.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { untraced, type Tracing } from "./tracing.ts";

export interface Telemetry {
  readonly tracing: Tracing;
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string>(name: string, help: string, labels?: readonly L[], collect?: (gauge: Gauge<L>) => void): Gauge<L>;
  histogram<L extends string>(name: string, help: string, buckets: number[], labels?: readonly L[]): Histogram<L>;
  /** A counter that is fed thousands of times a second: one label with known values, which are counted by their place in the list. */
  tally(name: string, help: string, label: string, values: readonly string[]): { add(index: number, count?: number): void };
  /** A histogram that is fed as often; it has no labels. */
  distribution(name: string, help: string, buckets: readonly number[]): { observe(value: number): void };
  /** For what is over before the process is: whatever follows it may register the same names. */
  branch(): Telemetry & { end(): void };
  /** The Prometheus text of everything registered. */
  exposition(): Promise<string>;
}

export function createTelemetry(tracing: Tracing = untraced): Telemetry {
  const registry = new Registry();
  const branches = new Set<Telemetry>();
  return {
    tracing,
    branch() {
      const one = createTelemetry(tracing);
      branches.add(one);
      return { ...one, end: () => void branches.delete(one) };
    },
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
    tally(name, help, label, values) {
      const counts = new Float64Array(values.length);
      new Counter({
        name: `uptimeping_${name}`,
        help,
        labelNames: [label],
        registers: [registry],
        collect() {
          this.reset();
          for (const [index, value] of values.entries()) if (counts[index]! > 0) this.inc({ [label]: value }, counts[index]);
        },
      });
      return {
        add: (index, count = 1) => {
          counts[index]! += count;
        },
      };
    },
    distribution(name, help, buckets) {
      const distribution = new Distribution(`uptimeping_${name}`, help, buckets);
      registry.registerMetric(distribution as unknown as Histogram);
      return distribution;
    },
    exposition: async () => (await Promise.all([registry.metrics(), ...[...branches].map((one) => one.exposition())])).join(""),
  };
}

/** What the registry asks of a metric; the library's own histogram looks its labels up at every observation. */
class Distribution {
  readonly type = "histogram";
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(
    readonly name: string,
    readonly help: string,
    private readonly buckets: readonly number[],
  ) {
    this.#counts = new Float64Array(buckets.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.buckets.length && value > this.buckets[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
  }

  get() {
    let count = 0;
    const values = [...this.buckets, "+Inf"].map((le, index) => {
      count += this.#counts[index]!;
      return { labels: { le }, value: count, metricName: `${this.name}_bucket` };
    });
    const whole = [
      { labels: {}, value: this.#sum, metricName: `${this.name}_sum` },
      { labels: {}, value: count, metricName: `${this.name}_count` },
    ];
    return Promise.resolve({ name: this.name, help: this.help, type: this.type, values: [...values, ...whole], aggregator: "sum" });
  }
}
