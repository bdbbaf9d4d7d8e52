/** Runs checks in a process of their own, which a shell has first put in want of something. */
import type { TrialCheck } from "./run_check.ts";

export interface ApartOptions {
  /** Shell commands that come before, such as `ulimit -n 60`. */
  shell: string;
  /** In a network namespace of its own, where the shell is root and nothing but a loopback that is down exists. */
  isolated?: boolean;
  trial: TrialCheck;
  /** How many times at once. */
  times: number;
  /** Name servers to ask, `address:port`. */
  servers?: string[];
  /** A site in that process, on port 8080 of 127.0.0.1, answers after this time. */
  siteDelayMs?: number;
}

export interface ApartRun {
  status: string;
  kind: string;
  message: string;
}

const program = `
  const { from, times, trial, servers, siteDelayMs } = JSON.parse(process.argv.at(-1));
  const { tryCheck } = await import(from + "/run_check.ts");
  const { createResolver } = await import(from + "/../roles/core/net/resolver.ts");
  if (siteDelayMs !== undefined) Bun.serve({ hostname: "127.0.0.1", port: 8080, fetch: () => new Promise((answer) => setTimeout(() => answer(new Response("ok")), siteDelayMs)) });
  const resolver = createResolver({ servers: servers ?? [], hostsFile: "/dev/null", configFile: "/dev/null" });
  const runs = await Promise.all(Array.from({ length: times }, () => tryCheck(trial, { resolver })));
  console.log(JSON.stringify(runs.map(({ status, error }) => ({ status, kind: error?.kind ?? "", message: error?.message ?? "" }))));
  process.exit();`;

export async function runApart({ shell, isolated, ...options }: ApartOptions): Promise<ApartRun[]> {
  const enter = isolated ? ["unshare", "--user", "--map-root-user", "--net"] : [];
  const command = ["sh", "-c", `${shell} && exec "$0" -e "$1" "$2"`, process.execPath, program, JSON.stringify({ from: import.meta.dir, ...options })];
  const child = Bun.spawn([...enter, ...command], { stdout: "pipe", stderr: "inherit" });
  return JSON.parse(await new Response(child.stdout).text()) as ApartRun[];
}

/** Whether this machine lets a test have a network namespace. */
export function canIsolate(): boolean {
  try {
    return Bun.spawnSync(["unshare", "--user", "--map-root-user", "--net", "ip", "link", "set", "lo", "up"]).exitCode === 0;
  } catch {
    return false;
  }
}
