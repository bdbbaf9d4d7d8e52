/** A status page of the built executable when everything behind the gateway is gone: it is served as it was, and says of when it is. */
import { expect, test } from "bun:test";
import { startFakeSite } from "../testing/fake_site.ts";
import { freePorts } from "../testing/free_ports.ts";
import { peerFlags } from "../testing/peer_flags.ts";
import { createProductFolder, eventually } from "../testing/start_product.ts";

const front = ["gateway", "cli"];
const back = ["auth", "config", "scheduler", "core", "incident", "notification", "forge", "metrics"];

test("the page outlives config, core and their database", async () => {
  await using frontFolder = createProductFolder();
  await using backFolder = createProductFolder();
  const [frontPort, backPort] = freePorts(2) as [number, number];
  const token = "peers know each other by this";
  const site = await startFakeSite({ status: 200 });
  const backProcess = await backFolder.start("--role", back.join(","), "--grpc-port", String(backPort), ...peerFlags(front, `127.0.0.1:${frontPort}`), "--peer-token", token);
  const gateway = await frontFolder.start("--role", front.join(","), "--grpc-port", String(frontPort), ...peerFlags(back, `127.0.0.1:${backPort}`), "--peer-token", token);

  const made = await eventually("the roles have found each other", () => gateway.api<{ id: string }>("POST", "/checks", { name: "Shop", type: "http", target: { url: site.url }, schedule: { every: "1s" } }), ({ status }) => status === 201);
  await gateway.api("POST", "/status-pages", { slug: "shop", title: "Shop", published: true, groups: [{ checks: [made.body.id] }] });
  const page = async () => (await fetch(`${gateway.http}/status/shop`)).text();
  await eventually("the page knows its check", page, (text) => text.includes("All systems are operational"), 30_000);

  await backProcess.kill();
  expect((await gateway.api("GET", "/checks")).status).toBe(503);
  const answers = await Promise.all(Array.from({ length: 200 }, () => fetch(`${gateway.http}/status/shop`)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await answers[0]!.text()).toContain("All systems are operational");
  expect((await fetch(`${gateway.http}/badge/${made.body.id}/status.svg`)).status).toBe(200);
  await eventually("the page says that it is old", page, (text) => text.includes("Newer figures cannot be had") && text.includes("All systems are operational"), 60_000);

  await gateway.stop();
  await site.close();
}, 150_000);
