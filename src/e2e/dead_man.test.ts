/** The dead man's switch of the built executable: it pings while the whole path works, and is silent when a stage of it does not. */
import { expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { createProductFolder, eventually } from "../testing/start_product.ts";

function listen() {
  const pings: { method: string; path: string }[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      pings.push({ method: request.method, path: new URL(request.url).pathname });
      return new Response("ok");
    },
  });
  return { pings, url: `http://127.0.0.1:${server.port}/ping/secret`, [Symbol.asyncDispose]: () => server.stop(true) };
}

test("it pings after each walk, opened and resolved, and nobody sees anything of it", async () => {
  await using outside = listen();
  await using folder = createProductFolder();
  const product = await folder.start("--dead-man-url", outside.url, "--dead-man-interval", "1s");
  await eventually("four pings", () => outside.pings.length, (count) => count >= 4);
  expect(outside.pings[0]).toEqual({ method: "GET", path: "/ping/secret" });
  for (const path of ["/checks", "/incidents", "/notifications", "/channels"]) expect((await product.api<{ items: unknown[] }>("GET", path)).body.items).toEqual([]);
  const metrics = await (await fetch(`${product.health}/metrics`)).text();
  expect(metrics.split("\n").filter((line) => line.includes("ten_platform") || line.includes("dead man"))).toEqual([]);
  expect(await product.stop()).toBe(0);
  using database = new Database(join(folder.dir, "data/uptimeping.db"), { readonly: true });
  expect(database.query("SELECT count(*) AS n FROM channels WHERE tenant_id = 'ten_platform'").get()).toEqual({ n: 1 });
}, 60_000);

test("it is silent while its messages are not sent, and pings again when they are", async () => {
  await using outside = listen();
  await using folder = createProductFolder();
  const product = await folder.start("--dead-man-url", outside.url, "--dead-man-interval", "1s");
  await eventually("a ping", () => outside.pings.length, (count) => count >= 1);
  const path = join(folder.dir, "data/uptimeping.db");
  const set = (enabled: number) => {
    using database = new Database(path);
    database.run("PRAGMA busy_timeout = 5000");
    database.run("UPDATE channels SET enabled = ? WHERE tenant_id = 'ten_platform'", [enabled]);
  };
  const lost = () => product.log().split("did not arrive").length - 1;
  set(0);
  await eventually("two walks that did not arrive", lost, (count) => count >= 2);
  const before = outside.pings.length;
  await eventually("two more", lost, (count) => count >= 4);
  expect(outside.pings.length).toBe(before);
  set(1);
  await eventually("a ping again", () => outside.pings.length, (count) => count > before);
}, 60_000);

test("it refuses to start where it could never ping", async () => {
  await using folder = createProductFolder();
  const started = folder.start("--dead-man-url", "http://127.0.0.2:9/", "--egress-deny", "127.0.0.1/32");
  await expect(started).rejects.toThrow("dead-man-url: the dead man's switch cannot walk over its own loopback address: 127.0.0.1 is closed by the operator's egress-deny");
}, 30_000);
