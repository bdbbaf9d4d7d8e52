/** The same story with the roles in two processes that share nothing but gRPC. */
import { expect, test } from "bun:test";
import { startFakeSite } from "../testing/fake_site.ts";
import { freePorts } from "../testing/free_ports.ts";
import { startMailbox } from "../testing/mailbox.ts";
import { peerFlags } from "../testing/peer_flags.ts";
import { createProductFolder, eventually, type Product } from "../testing/start_product.ts";

const back = ["scheduler", "core", "incident", "notification"];
const front = ["gateway", "auth", "config", "forge", "metrics", "cli"];

test("an outage is told when the roles run in two processes, and one that is away is said to be away", async () => {
  await using frontFolder = createProductFolder();
  await using backFolder = createProductFolder();
  const [frontPort, backPort] = freePorts(2) as [number, number];
  const token = "peers know each other by this";
  const site = await startFakeSite({ status: 200 });
  const mailbox = await startMailbox();

  const frontProcess = await frontFolder.start("--role", front.join(","), "--grpc-port", String(frontPort), ...peerFlags(back, `127.0.0.1:${backPort}`), "--peer-token", token);
  const backProcess = await backFolder.start("--role", back.join(","), "--grpc-port", String(backPort), ...peerFlags(front, `127.0.0.1:${frontPort}`), "--peer-token", token, "--egress-grants", `${await tenantOf(frontProcess)}=127.0.0.1`);

  const channel = await eventually(
    "the roles have found each other",
    () => frontProcess.api<{ id: string }>("POST", "/channels", { type: "webhook", name: "Hook", settings: { url: mailbox.url } }),
    ({ status }) => status === 201,
  );
  const { body: check, status } = await frontProcess.api<{ id: string }>("POST", "/checks", {
    name: "Shop",
    type: "http",
    target: { url: site.url },
    schedule: { every: "1s" },
    retries: 0,
    channels: [channel.body.id],
  });
  expect(status).toBe(201);
  const stateIs = (state: string) => (answer: { body: { state?: string } }) => answer.body.state === state;
  await eventually("it is up", () => frontProcess.api<{ state?: string }>("GET", `/checks/${check.id}/status`), stateIs("up"));
  await site.setBehaviour({ status: 500 });
  await eventually("it is told", () => mailbox.received.length, (count) => count === 1);
  await site.setBehaviour({ status: 200 });
  await eventually("its end is told", () => mailbox.received.length, (count) => count === 2);

  const { body: job } = await frontProcess.api<{ pingUrl: string }>("POST", "/checks", { name: "Backup", type: "heartbeat", target: { period: "1h" } });
  await eventually("the job is heard", () => fetch(job.pingUrl), (answer) => answer.status === 200);
  // Another UptimePing watches this one as any gRPC server: by the standard health service, and with what it says of itself.
  await using otherFolder = createProductFolder();
  const other = await otherFolder.start();
  const watched = async (target: object) => (await other.api<{ status?: string; error?: unknown }>("POST", "/checks/test", { name: "Config", type: "grpc", target: { address: `127.0.0.1:${frontPort}`, tls: false, ...target } })).body;
  expect(await watched({ mode: "health", service: "uptimeping.config.v1.ConfigService" })).toMatchObject({ status: "up" });
  expect(await watched({ mode: "health", service: "uptimeping.core.v1.CoreService" })).toMatchObject({ status: "down" });
  expect(await watched({ mode: "call", service: "grpc.health.v1.Health", method: "Check", reflection: true, request: {} })).toMatchObject({ status: "up" });
  // For the product's own checks its parts are nothing to reach, wherever they run.
  expect((await frontProcess.api<{ error: { kind: string } | null }>("POST", "/checks/test", { name: "Config", type: "tcp", target: { host: "127.0.0.1", port: frontPort } })).body.error?.kind).toBe("target_forbidden");
  // The grant stands in the process that probes; from a second tenant on it is what opens this address.
  const probed = async () => (await fetch(`${frontProcess.http}/probe?target=${site.url}`, { headers: { authorization: `Bearer ${await frontProcess.token()}` } })).text();
  expect(await probed()).toContain("probe_success 1");
  expect((await frontProcess.api("POST", "/tenants", { name: "Neighbour" })).status).toBe(201);
  await eventually("the rules know of the neighbour", () => frontProcess.api<{ error: { kind: string } | null }>("POST", "/checks/test", { name: "x", type: "http", target: { url: "http://127.0.0.2:9/" }, timeoutMs: 500, retries: 0 }), ({ body }) => body.error?.kind === "target_forbidden");
  expect(await probed()).toContain("probe_success 1");

  await backProcess.kill();
  const unheard = await fetch(job.pingUrl);
  expect([unheard.status, unheard.headers.get("retry-after")]).toEqual([503, "5"]);
  const away = await frontProcess.api<{ code?: string }>("GET", `/checks/${check.id}/status`);
  expect(away.status).toBe(503);
  expect(away.body.code).toBe("unavailable");
  expect((await frontProcess.api("GET", "/auth/me")).status).toBe(200);

  await frontProcess.stop();
  await site.close();
  await mailbox.close();
}, 60_000);

async function tenantOf(product: Product): Promise<string> {
  return (await product.api<{ tenant: { id: string } }>("GET", "/auth/me")).body.tenant.id;
}
