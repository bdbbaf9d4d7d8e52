/** Two gateways before the same roles, with what they share in Redis, which goes away in the middle. */
import { expect } from "bun:test";
import { freePorts } from "../testing/free_ports.ts";
import { startServer, whyNot } from "../testing/servers/server.ts";
import { testUnless } from "../testing/needs_service.ts";
import { peerFlags } from "../testing/peer_flags.ts";
import { createProductFolder, eventually, type Product } from "../testing/start_product.ts";

const others = ["auth", "config", "scheduler", "core", "incident", "notification", "forge", "metrics"];

testUnless(whyNot("redis"), "two gateways give one answer to one Idempotency-Key and count together", async () => {
  await using redis = await startServer("redis");
  await using backFolder = createProductFolder();
  await using oneFolder = createProductFolder();
  await using otherFolder = createProductFolder();
  const [port] = freePorts(1) as [number];
  await backFolder.start("--role", others.join(","), "--grpc-port", String(port));
  const gateway = ["--role", "gateway", "--grpc-port", "0", ...peerFlags(others, `127.0.0.1:${port}`), "--redis-url", redis.url, "--rate-limit-login", "3"];
  const one = await oneFolder.start(...gateway);
  const other = await otherFolder.start(...gateway);
  await eventually("the roles are there", () => one.api("GET", "/checks"), ({ status }) => status === 200);

  const create = async (at: Product, key: string) => {
    const headers = { authorization: `Bearer ${await one.token()}`, "content-type": "application/json", "idempotency-key": key };
    const answer = await fetch(`${at.http}/api/v1/checks`, { method: "POST", headers, body: JSON.stringify({ name: key, type: "tcp", target: { host: "127.0.0.1", port: 9 } }) });
    return { status: answer.status, text: await answer.text(), replayed: answer.headers.get("idempotency-replayed") };
  };
  const made = async (name: string) => (await one.api<{ items: { name: string }[] }>("GET", "/checks?limit=200")).body.items.filter((check) => check.name === name).length;
  const first = await create(one, "one after the other");
  expect(await create(other, "one after the other")).toEqual({ status: 201, text: first.text, replayed: "true" });

  const together = await Promise.all(Array.from({ length: 10 }, (_, i) => create(i % 2 === 0 ? one : other, "all at once")));
  expect(together.every(({ status }) => status === 201 || status === 409)).toBe(true);
  expect([together.filter(({ status, replayed }) => status === 201 && replayed === null).length, await made("all at once")]).toEqual([1, 1]);

  const signIn = async (at: Product, email: string) =>
    (await fetch(`${at.http}/api/v1/auth/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email, password: "wrong wrong wrong" }) })).status;
  let accounts = 0;
  const tries = async () => {
    const email = `a${++accounts}@example.com`;
    const statuses = [];
    for (const at of [one, other, one, other, one]) statuses.push(await signIn(at, email));
    return statuses.join();
  };
  // A machine that stops for 50 ms leaves each to itself; then another account is counted.
  await eventually("they count together", tries, (statuses) => statuses === "401,401,401,429,429");

  await redis.kill();
  const alone = [];
  for (let i = 0; i < 5; i++) alone.push(await signIn(one, "b@example.com"));
  expect(alone).toEqual([401, 401, 401, 429, 429]);
  const kept = await create(other, "while it is away");
  expect([kept.status, (await create(other, "while it is away")).text]).toEqual([201, kept.text]);
  expect(one.log()).toContain("Redis does not answer");
  await redis.wipe();
  await redis.start();
  // Each request asks; one of them finds it there again.
  await eventually("it is asked again", async () => (await one.api("GET", "/checks"), one.log()), (log) => log.includes("Redis answers again"));
}, 60_000);
