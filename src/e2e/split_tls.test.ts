/** Roles in two processes that show each other certificates, made by the executable itself. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { expect, test } from "bun:test";
import { freePorts } from "../testing/free_ports.ts";
import { peerFlags } from "../testing/peer_flags.ts";
import { createProductFolder, eventually, executable } from "../testing/start_product.ts";

const back = ["scheduler", "core", "incident", "notification"];
const front = ["gateway", "auth", "config", "forge", "metrics"];

async function pki(cwd: string, ...args: string[]): Promise<void> {
  const child = Bun.spawn([executable, "pki", ...args], { cwd, stdio: ["ignore", "ignore", "pipe"] });
  if ((await child.exited) !== 0) throw new Error(await new Response(child.stderr).text());
}

/** Of `grpc.health.v1`, as any prober asks: the name of a gRPC status, or the serving status by its number. */
function probe(dir: string, port: number, name: string): Promise<string> {
  const file = (path: string) => readFileSync(join(dir, "pki", path));
  const credentials = grpc.credentials.createSsl(file("ca.crt"), file(`${name}.key`), file(`${name}.crt`));
  const client = new grpc.Client(`localhost:${port}`, credentials);
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest("/grpc.health.v1.Health/Check", same, same, Buffer.alloc(0), { deadline: Date.now() + 5_000 }, (error, answer) => {
      client.close();
      resolve(error ? grpc.status[error.code]! : answer!.toString("hex"));
    });
  });
}

test("roles that show each other certificates work together without a token, and say when they cannot", async () => {
  await using frontFolder = createProductFolder();
  await using backFolder = createProductFolder();
  const { dir } = frontFolder;
  const [frontPort, backPort] = freePorts(2) as [number, number];
  await pki(dir, "init");
  for (const [name, roles] of [["front", front], ["back", back]] as const) await pki(dir, "issue", "--name", name, "--role", roles.join(","), "--host", "localhost,127.0.0.1");
  const tls = (name: string) => ["--tls-ca", join(dir, "pki/ca.crt"), "--tls-cert", join(dir, `pki/${name}.crt`), "--tls-key", join(dir, `pki/${name}.key`)];
  const start = (folder: typeof frontFolder, name: string, roles: string[], ports: number[], others: string[]) =>
    folder.start("--role", roles.join(","), "--grpc-host", "0.0.0.0", "--grpc-port", String(ports[0]), ...peerFlags(others, `localhost:${ports[1]!}`), ...tls(name));

  // A certificate for other roles than those that are to run is found out before anybody is answered.
  await expect(start(backFolder, "front", back, [backPort, frontPort], front)).rejects.toThrow(/is not for the role scheduler, core, incident, notification: issue one with --role/);

  const frontProcess = await start(frontFolder, "front", front, [frontPort, backPort], back);
  const backProcess = await start(backFolder, "back", back, [backPort, frontPort], front);
  const created = await eventually(
    "the roles have found each other",
    () => frontProcess.api("POST", "/checks", { name: "Job", type: "heartbeat", target: { period: "1h" }, schedule: { every: "1m" } }),
    ({ status }) => status === 201,
  );
  expect(created.body["name"]).toBe("Job");
  await eventually("whoever shows a certificate may ask how it is", () => probe(dir, backPort, "front"), (answer) => answer === "0801");

  const metrics = await (await fetch(`${frontProcess.health}/metrics`)).text();
  const [, expires] = /^uptimeping_tls_certificate_expires_seconds (\d+)$/m.exec(metrics) ?? [];
  expect(Math.round((Number(expires) * 1000 - Date.now()) / 86_400_000)).toBe(90);
  expect(metrics).toContain('uptimeping_peer_breaker_state{peer="core"} 0');
  expect(metrics).toMatch(/^uptimeping_peer_calls_total\{peer="scheduler",outcome="ok"\} [1-9]/m);

  await backProcess.kill();
  type Ready = { status: string; dependencies: Record<string, string> };
  const ready = await eventually("it says who is away", async () => (await (await fetch(`${frontProcess.health}/readyz`)).json()) as Ready, ({ dependencies }) => dependencies["gateway"]?.includes("core") === true);
  expect(ready.status).toBe("ready");
  expect(ready.dependencies["gateway"]).toContain("the role core does not answer");
  expect(await frontProcess.stop()).toBe(0);
}, 60_000);
