/** The same story with the roles in two processes that share nothing but gRPC. */
import { expect, test } from "bun:test";
import { startFakeSite } from "../testing/fake_site.ts";
import { startMailbox } from "../testing/mailbox.ts";
import { createProductFolder, eventually } from "../testing/start_product.ts";

const back = ["scheduler", "core", "incident", "notification"];
const front = ["gateway", "auth", "config", "forge", "metrics", "cli"];

function peers(roles: string[], port: number): string {
  return roles.map((role) => `${role}=127.0.0.1:${port}`).join(",");
}

test("an outage is told when the roles run in two processes, and one that is away is said to be away", async () => {
  await using frontFolder = createProductFolder();
  await using backFolder = createProductFolder();
  const [frontPort, backPort] = await freePorts();
  const token = "peers know each other by this";
  const site = await startFakeSite({ status: 200 });
  const mailbox = await startMailbox();

  const frontProcess = await frontFolder.start("--role", front.join(","), "--grpc-port", String(frontPort), "--peers", peers(back, backPort), "--peer-token", token);
  const backProcess = await backFolder.start("--role", back.join(","), "--grpc-port", String(backPort), "--peers", peers(front, frontPort), "--peer-token", token);

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

  await backProcess.kill();
  const away = await frontProcess.api<{ code?: string }>("GET", `/checks/${check.id}/status`);
  expect(away.status).toBe(503);
  expect(away.body.code).toBe("unavailable");
  expect((await frontProcess.api("GET", "/auth/me")).status).toBe(200);

  await frontProcess.stop();
  await site.close();
  await mailbox.close();
}, 60_000);

/** Ports below the ephemeral range, so that no outgoing connection takes one first. */
async function freePorts(): Promise<[number, number]> {
  const found: number[] = [];
  for (let port = 20_000 + (process.pid % 10_000); found.length < 2; port++) {
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      found.push(port);
    } catch {
      // Taken: the next one.
    }
  }
  return found as [number, number];
}
