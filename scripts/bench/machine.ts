/** What the figures were taken on, and who gets which core. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

export function machineFacts(): string {
  const load = loadavg().map((value) => value.toFixed(2)).join(" ");
  return `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GiB, kernel ${release()}, Bun ${Bun.version}, load average before ${load}`;
}

/** Runs a command on one core only: what measures on the first, what is measured against on the last. Where that cannot be had, anywhere. */
export function pinned(who: "client" | "target", command: string[]): string[] {
  const cores = coresAllowed();
  if (cores.length < 2 || !Bun.which("taskset")) return command;
  return ["taskset", "-c", String(who === "client" ? cores[0] : cores.at(-1)), ...command];
}

function coresAllowed(): number[] {
  let list: string;
  try {
    list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  } catch {
    return [];
  }
  return list.split(",").filter(Boolean).flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
