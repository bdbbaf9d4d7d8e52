/** What several gateways share and can do without. */
export { createRedisCache } from "./cache.ts";
export { openRedis } from "./connection.ts";
export { createRedisRateLimits } from "./rate_limits.ts";
