/** What Linux tells about a running process. */
import { readFileSync, readdirSync } from "node:fs";

/** /proc counts CPU time in these; 100 a second on every Linux there is. */
const ticksPerSecond = 100;

export interface Usage {
  /** Of all threads, of children that have ended and of those that run. */
  cpuSeconds: number;
  /** Of the threads that run now, by name; those of one name are added up. "main" is everything but the probes, the compiler and the collector. */
  threads: Map<string, number>;
  rssBytes: number;
  /** Handed to files by write calls. */
  fileBytes: number;
  /** Caused to be written to the disk; 0 on a file system in memory. */
  diskBytes: number;
  descriptors: number;
}

export function usageOf(pid: number): Usage {
  const own = readUsage(pid);
  for (const child of childrenOf(pid)) {
    const { cpuSeconds, rssBytes, fileBytes, diskBytes, descriptors } = usageOf(child);
    own.cpuSeconds += cpuSeconds;
    own.rssBytes += rssBytes;
    own.fileBytes += fileBytes;
    own.diskBytes += diskBytes;
    own.descriptors += descriptors;
  }
  return own;
}

function readUsage(pid: number): Usage {
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = ticksIn(read(pid, "stat"));
  const io = read(pid, "io");
  return {
    cpuSeconds: (user + system + childUser + childSystem) / ticksPerSecond,
    threads: threadsOf(pid),
    rssBytes: numberAfter(read(pid, "status"), "VmRSS:") * 1024,
    fileBytes: numberAfter(io, "wchar:"),
    diskBytes: numberAfter(io, "write_bytes:"),
    descriptors: entries(`/proc/${pid}/fd`).length,
  };
}

function threadsOf(pid: number): Map<string, number> {
  const threads = new Map<string, number>();
  for (const thread of entries(`/proc/${pid}/task`)) {
    const name = thread === String(pid) ? "main" : read(pid, `task/${thread}/comm`).trim();
    // In nanoseconds, where the ticks of `stat` are too coarse for a thread.
    const seconds = Number(read(pid, `task/${thread}/schedstat`).split(" ")[0]) / 1e9;
    threads.set(name, (threads.get(name) ?? 0) + seconds);
  }
  return threads;
}

/** User and system time of a process, then of its children that have ended. */
function ticksIn(stat: string): number[] {
  // The name in parentheses may hold anything; what follows it is numbers.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 15).map(Number);
}

export function childrenOf(pid: number): number[] {
  return entries(`/proc/${pid}/task`).flatMap((thread) => read(pid, `task/${thread}/children`).trim().split(" ").filter(Boolean).map(Number));
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
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
