/** Ports that one process serves by itself. */
export { createCache } from "./cache.ts";
export { createRateLimits } from "./rate_limits.ts";
export { createVault, loadMasterKey } from "./vault.ts";
