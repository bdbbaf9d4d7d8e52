import { rateLimitsConformance } from "#ports/rate_limits.conformance";
import { expect, test } from "bun:test";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createRedisRateLimits } from "./rate_limits.ts";
import { nobody, openShared, patiently, withRedis } from "./test_redis.ts";

withRedis("rate limits in Redis", () =>
  rateLimitsConformance(async () => {
    const clock = createFakeClock();
    const { store, prefix, close } = await openShared();
    return { limits: createRedisRateLimits({ store, local: nobody, prefix, ...patiently, nowMs: () => clock.monotonic() }), clock, close };
  }));

const quota = { name: "ip", limit: 3, windowMs: 60_000 };

withRedis("several gateways", () => {
  test("share one bucket, by the time of the server", async () => {
    const one = await openShared();
    const other = await openShared();
    const limits = [one, other].map(({ store }) => createRedisRateLimits({ store, local: nobody, prefix: one.prefix, ...patiently }));
    const verdicts = await Promise.all(Array.from({ length: 20 }, (_, i) => limits[i % 2]!.take(quota, "a")));
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(3);
    expect(verdicts.every(({ allowed, retryAfterMs }) => allowed || (retryAfterMs > 15_000 && retryAfterMs <= 20_000))).toBe(true);
    await one.close();
    await other.close();
  });

  test("a bucket that nobody asks for is forgotten when it is full", async () => {
    const { store, prefix, close } = await openShared();
    await createRedisRateLimits({ store, local: nobody, prefix, ...patiently }).take(quota, "a");
    const left = (await store.ask((client) => client.pttl(`${prefix}takeToken:ip:a`), 1_000))!.answer;
    expect(left).toBeGreaterThan(20_000);
    expect(left).toBeLessThanOrEqual(21_001);
    await close();
  });
});
