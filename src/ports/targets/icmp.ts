/** Target of an `icmp` check. */
import { z } from "zod";
import { address, host, ipFamily } from "./fields.ts";

const whole = (min: number, max: number) => z.number(`must be a whole number from ${min} to ${max}`).int("must be a whole number").min(min, `must be at least ${min}`).max(max, `must be at most ${max}`);

export const icmpDefaults = { count: 3, size: 56, intervalMs: 200 };

/** Why the requests do not fit into the time of an attempt; undefined when they do. */
export function icmpProblem(target: { count?: number; intervalMs?: number }, timeoutMs: number): string | undefined {
  const { count, intervalMs } = { ...icmpDefaults, ...target };
  const lastMs = (count - 1) * intervalMs;
  return lastMs < timeoutMs ? undefined : `the last of ${count} requests would leave after ${lastMs} ms, and timeoutMs is ${timeoutMs}`;
}

export const icmp = z.strictObject({
  host,
  /** Echo requests a run; 3 when not said. */
  count: whole(1, 20).optional(),
  /** Bytes of payload, of which the first carry a mark; 56 when not said, as ping(8). */
  size: whole(16, 8_000).optional(),
  /** From one request to the next; 200 when not said. */
  intervalMs: whole(10, 5_000).optional(),
  ipFamily: ipFamily.optional(),
  resolve: address.optional(),
});
