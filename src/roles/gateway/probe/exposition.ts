/** Gauges in the text format that Prometheus reads, version 0.0.4. */
export interface Gauge {
  name: string;
  help: string;
  samples: { labels: Record<string, string>; value: number }[];
}

export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

export function gauge(name: string, help: string, value: number): Gauge {
  return { name, help, samples: [{ labels: {}, value }] };
}

/** One sample for each value of one label. */
export function gaugeBy(label: string, name: string, help: string, values: Record<string, number>): Gauge {
  return { name, help, samples: Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value })) };
}

/** A sample that is 1 and says what it has to say in its labels. */
export function info(name: string, help: string, labels: Record<string, string>): Gauge {
  return { name, help, samples: [{ labels, value: 1 }] };
}

export function expositionOf(gauges: readonly Gauge[]): string {
  const lines = gauges.flatMap(({ name, help, samples }) => [
    `# HELP ${name} ${escaped(help)}`,
    `# TYPE ${name} gauge`,
    ...samples.map(({ labels, value }) => `${name}${labelsText(labels)} ${value}`),
  ]);
  return `${lines.join("\n")}\n`;
}

function labelsText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
