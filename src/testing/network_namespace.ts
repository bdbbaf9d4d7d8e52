/** A network of its own for checks that need one: other routes, silent hosts, other settings of the kernel. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../roles/core/probes/probe.ts";
import type { TrialCheck } from "./run_check.ts";

export interface NamespaceRun {
  status: string;
  error?: { kind: string; message: string };
  latencyMs: number;
  tookMs: number;
  observed: JsonObject;
}

const script = fileURLToPath(new URL("./network_namespace_main.ts", import.meta.url));

/** Why a test cannot have a network of its own; "" when it can. */
export const noNamespaces = spawnSync("unshare", ["-n", "-m", "ip", "link", "set", "lo", "up"]).status === 0 ? "" : "no network namespaces can be made here";

/** The peer is in the namespace of its parent until it has made its own. */
const until = "while [ $(readlink /proc/$peer/ns/net) = $(readlink /proc/self/ns/net) ]; do sleep 0.01; done";

/** Runs checks in fresh namespaces of network and mounts, where only loopback is up, after these shell commands, which may use "$peer": the id of a process in a second one. */
export function runInNamespace(setup: string[], checks: TrialCheck[]): NamespaceRun[] {
  const shell = ["set -e", "unshare -n sleep 60 >&- 2>&- & peer=$!", "trap 'kill $peer' EXIT", until, "ip link set lo up", ...setup, `"$0" "$1" "$2"`].join("\n");
  const child = spawnSync("unshare", ["-n", "-m", "sh", "-c", shell, process.execPath, script, JSON.stringify(checks)], { encoding: "utf8" });
  if (child.status !== 0) throw new Error(`the namespace could not be used: ${child.stderr}`);
  return JSON.parse(child.stdout) as NamespaceRun[];
}
