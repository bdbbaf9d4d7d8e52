/** What Linux and the product tell about a running process. */
import { closeSync, fdatasyncSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** /proc counts CPU time in these; 100 a second on every Linux there is. */
const ticksPerSecond = 100;

export interface Usage {
  /** Of all threads, of children that have ended and of those that run. */
  cpuSeconds: number;
  /** Of `cpuSeconds`, what the process's own main thread took: in the product everything but the probes, the compiler and the collector. */
  mainThreadSeconds: number;
  rssBytes: number;
  /** Handed to files by write calls. */
  fileBytes: number;
  /** Caused to be written to the disk; 0 on a file system in memory. */
  diskBytes: number;
}

export function usageOf(pid: number): Usage {
  const own = readUsage(pid);
  for (const child of childrenOf(pid)) {
    const { cpuSeconds, rssBytes, fileBytes, diskBytes } = usageOf(child);
    own.cpuSeconds += cpuSeconds;
    own.rssBytes += rssBytes;
    own.fileBytes += fileBytes;
    own.diskBytes += diskBytes;
  }
  return own;
}

function readUsage(pid: number): Usage {
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = ticksIn(read(pid, "stat"));
  const [mainUser = 0, mainSystem = 0] = ticksIn(read(pid, `task/${pid}/stat`));
  const io = read(pid, "io");
  return {
    cpuSeconds: (user + system + childUser + childSystem) / ticksPerSecond,
    mainThreadSeconds: (mainUser + mainSystem) / ticksPerSecond,
    rssBytes: numberAfter(read(pid, "status"), "VmRSS:") * 1024,
    fileBytes: numberAfter(io, "wchar:"),
    diskBytes: numberAfter(io, "write_bytes:"),
  };
}

/** User and system time of a process or thread, then of its children that have ended. */
function ticksIn(stat: string): number[] {
  // The name in parentheses may hold anything; what follows it is numbers.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 15).map(Number);
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => read(pid, `task/${thread}/children`).trim().split(" ").filter(Boolean).map(Number));
  } catch {
    return [];
  }
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

function numberAfter(text: string, label: string): number {
  return Number(new RegExp(`^${label}\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

/** What one durable write of a page costs on the disk below `dir`: the floor under everything that promises to be stored. */
export function syncMs(dir: string): number {
  const path = join(dir, "sync");
  const fd = openSync(path, "w");
  const page = new Uint8Array(4096);
  const times = Array.from({ length: 50 }, () => {
    const started = performance.now();
    writeSync(fd, page);
    fdatasyncSync(fd);
    return performance.now() - started;
  });
  closeSync(fd);
  rmSync(path);
  return percentile(times, 0.5);
}

/** The value below which `share` of the values lie; NaN for none. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** A scrape: "name{labels}" → value. */
export type Metrics = Map<string, number>;

export function parseMetrics(text: string): Metrics {
  const metrics: Metrics = new Map();
  for (const line of text.split("\n")) {
    const at = line.lastIndexOf(" ");
    if (at > 0 && !line.startsWith("#")) metrics.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  return metrics;
}

/** How much a counter has grown over all its labels. */
export function growth(before: Metrics, after: Metrics, name: string): number {
  return total(after, name) - total(before, name);
}

function total(metrics: Metrics, name: string): number {
  let sum = 0;
  for (const [series, value] of metrics) if (series === name || series.startsWith(`${name}{`)) sum += value;
  return sum;
}

/** A quantile of what a histogram took in between two scrapes, on a straight line within its bucket; NaN for nothing. */
export function quantile(before: Metrics, after: Metrics, name: string, share: number): number {
  const counts = new Map<number, number>();
  for (const [series, value] of after) {
    if (!series.startsWith(`${name}_bucket{`)) continue;
    const edge = /le="([^"]+)"/.exec(series)![1]!;
    const upper = edge === "+Inf" ? Number.POSITIVE_INFINITY : Number(edge);
    counts.set(upper, (counts.get(upper) ?? 0) + value - (before.get(series) ?? 0));
  }
  const buckets = [...counts].toSorted(([a], [b]) => a - b);
  const wanted = (buckets.at(-1)?.[1] ?? 0) * share;
  let lower = 0;
  let below = 0;
  for (const [upper, count] of buckets) {
    if (count >= wanted && count > below) return upper === Number.POSITIVE_INFINITY ? lower : lower + ((upper - lower) * (wanted - below)) / (count - below);
    lower = upper;
    below = count;
  }
  return Number.NaN;
}
