/** What gateways do while Redis is away, slow, or has forgotten everything. */
import { expect, test } from "bun:test";
import { startBlackHole } from "../../testing/black_hole.ts";
import { startServer } from "../../testing/servers/server.ts";
import { gateway, patiently, until, withRedis } from "./test_redis.ts";

const quota = { name: "ip", limit: 3, windowMs: 60_000 };

withRedis("without Redis", () => {
  test("its own limits hold from the very question that it does not answer, and are not fresh ones", async () => {
    await using redis = await startServer("redis");
    const { limits, store, logged } = await gateway(redis.url);
    expect((await limits.take(quota, "a")).remaining).toBe(2);
    await redis.kill();
    const verdicts = [];
    for (let i = 0; i < 4; i++) verdicts.push(await limits.take(quota, "a"));
    expect(verdicts.map(({ allowed }) => allowed)).toEqual([true, true, false, false]);
    await redis.start();
    await until("it is asked again", async () => (await limits.take(quota, "b")).allowed && logged.some((line) => line.includes("Redis answers again")));
    expect(logged.filter((line) => line.includes("Redis does not answer"))).toHaveLength(1);
    store.close();
  });

  test("one that takes questions and answers none costs each at most 50 ms, and soon nothing", async () => {
    await using redis = await startServer("redis");
    const { limits, store } = await gateway(redis.url);
    await limits.take(quota, "a");
    process.kill(redis.pid, "SIGSTOP");
    const tookMs: number[] = [];
    for (let i = 0; i < 50; i++) {
      const begun = performance.now();
      expect((await limits.take({ ...quota, limit: 1_000 }, "b")).allowed).toBe(true);
      tookMs.push(performance.now() - begun);
    }
    // Three of them wait; 50 would take two and a half seconds.
    expect(tookMs.slice(0, 3).every((ms) => ms >= 45)).toBe(true);
    expect(tookMs.reduce((sum, ms) => sum + ms)).toBeLessThan(1_000);
    process.kill(redis.pid, "SIGCONT");
    store.close();
  });

  test("an address that swallows every packet delays nobody", async () => {
    using hole = startBlackHole();
    const { limits, cache, store } = await gateway(`redis://127.0.0.1:${hole.port}`, { answers: false });
    const begun = performance.now();
    for (let i = 0; i < 4; i++) expect((await limits.take(quota, "a")).allowed).toBe(i < 3);
    await cache.set("a", "1", 1_000);
    expect([await cache.get("a"), await cache.setIfAbsent("a", "2", 1_000), await cache.setIfAbsent("b", "2", 1_000)]).toEqual(["1", false, true]);
    expect(performance.now() - begun).toBeLessThan(250);
    store.close();
  });

  test("what was remembered alone is still found when it is back, and gives way to what is shared", async () => {
    await using redis = await startServer("redis");
    const { cache, limits, store } = await gateway(redis.url, patiently);
    await redis.kill();
    expect(await cache.setIfAbsent("a", "alone", 60_000)).toBe(true);
    await redis.start();
    await until("it answers", async () => (await store.ask((client) => client.ping(), 1_000)) !== undefined);
    expect([await cache.get("a"), await cache.setIfAbsent("a", "again", 60_000)]).toEqual(["alone", false]);
    await cache.set("a", "shared", 60_000);
    await cache.delete("a");
    expect(await cache.get("a")).toBe(undefined);
    expect((await limits.take(quota, "z")).allowed).toBe(true);
    store.close();
  });

  test("a server that has forgotten everything begins anew, scripts too", async () => {
    await using redis = await startServer("redis");
    const { limits, cache, store } = await gateway(redis.url, patiently);
    for (let i = 0; i < 4; i++) await limits.take(quota, "a");
    await cache.set("a", "1", 60_000);
    await store.ask((client) => client.flushall(), 1_000);
    await store.ask((client) => client.script("FLUSH"), 1_000);
    expect(await limits.take(quota, "a")).toMatchObject({ allowed: true, remaining: 2 });
    expect(await cache.get("a")).toBe(undefined);
    store.close();
  });
});
