/**
 * Ten processes with their database in the network namespace that this is started in, root there. Once all checks have run, three packets
 * in ten are lost on every wire between roles. Prints what came of it as JSON, a `LossyRun`.
 */
import { spawnSync } from "node:child_process";
import { startServer } from "../servers/server.ts";
import { violations } from "./checker.ts";
import { startClusterStage } from "./cluster_stage.ts";

export interface LossyRun {
  violations: string[];
  incidents: number;
  packetsLost: number;
}

filter("add table inet lossy; add chain inet lossy in { type filter hook input priority 0; }");
await using postgres = await startServer("postgres");
await using at = await startClusterStage({ settings: ["--database-url", postgres.url], wired: true });
const ports = [...at.links.values()].map(({ port }) => port).join(", ");
for (const side of ["dport", "sport"]) filter(`add rule inet lossy in tcp ${side} { ${ports} } numgen random mod 100 < 30 counter drop`);
await at.disturb(() => Bun.sleep(4_000));
at.outage(1, 500, 9_000);
await at.stage.endOfOutages();
const history = await at.stage.history();
const packetsLost = [...filter("list table inet lossy").matchAll(/packets (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
process.stdout.write(JSON.stringify({ violations: violations(history), incidents: history.incidents.length, packetsLost } satisfies LossyRun));

function filter(command: string): string {
  const { status, stdout, stderr } = spawnSync("nft", [command], { encoding: "utf8" });
  if (status !== 0) throw new Error(`nft ${command}: ${stderr}`);
  return stdout;
}
