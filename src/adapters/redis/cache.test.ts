import { cacheConformance } from "#ports/cache.conformance";
import { createRedisCache } from "./cache.ts";
import { forgetful, openShared, patiently, withRedis } from "./test_redis.ts";

withRedis("a cache in Redis", () =>
  cacheConformance(async () => {
    const { store, prefix, close } = await openShared();
    return { cache: createRedisCache({ store, local: forgetful, prefix, ...patiently }), pass: (ms) => Bun.sleep(ms), close };
  }));
