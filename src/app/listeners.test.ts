import { expect, test } from "bun:test";
import { loadRoles, roleNames } from "../roles/index.ts";
import { addressesReliedOn, listenersOf } from "./listeners.ts";
import { readSettings } from "./settings.ts";

const relied = async (...args: string[]) => addressesReliedOn(readSettings(await loadRoles(roleNames), args, {}));

test("what the product relies on is known by its addresses, however many there are, and without what is secret", async () => {
  expect(await relied("--database-url", "postgres://me:p%40ss@127.0.0.1/up", "--queue-url", "amqp://u:p@127.0.0.2:5672,127.0.0.3/vhost?queue-type=classic", "--redis-url", "rediss://[::1]:6380/2")).toEqual(["127.0.0.1:5432", "127.0.0.2:5672", "127.0.0.3:5672", "[::1]:6380"]);
  expect(await relied("--peers.core", "ipv4:10.0.0.1:50054,10.0.0.2:50054")).toEqual(["10.0.0.1:50054", "10.0.0.2:50054"]);
  expect(await relied("--database-url", "sqlite:")).toEqual([]);
  expect(await relied("--peers.core", "nobody.invalid:50054")).toEqual([]);
});

test("a listener on every address is known by each of them", () => {
  expect(listenersOf("http://localhost:80")).toEqual(["127.0.0.1:80", "[::1]:80"]);
  expect(listenersOf("http://[::]:8080")).toContain("127.0.0.1:8080");
});
