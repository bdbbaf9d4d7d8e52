/** Packets get lost between the roles: what is asked again has no second effect, and being hard to hear is nobody's outage. */
import { expect } from "bun:test";
import { fileURLToPath } from "node:url";
import type { LossyRun } from "../testing/faults/lossy_wires_main.ts";
import { testUnless } from "../testing/needs_service.ts";
import { noNamespaces } from "../testing/network_namespace.ts";
import { whyNot } from "../testing/servers/server.ts";

const script = fileURLToPath(new URL("../testing/faults/lossy_wires_main.ts", import.meta.url));
const noFilter = Bun.which("nft") === null ? "no nft was found (Debian: apt-get install nftables)" : "";

testUnless(noNamespaces || noFilter || whyNot("postgres"), "three packets in ten are lost on every wire between ten roles", async () => {
  const child = Bun.spawn(["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$0" "$1"', process.execPath, script], { stdout: "pipe", stderr: "inherit" });
  const said = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  const run = JSON.parse(said) as LossyRun;
  expect(run).toMatchObject({ violations: [], incidents: 1 });
  expect(run.packetsLost).toBeGreaterThan(100);
}, 180_000);
