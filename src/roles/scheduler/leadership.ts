/** Only the process that holds the lease makes tasks; its epoch fences what it writes. */
import { messageOf } from "#kernel/errors";
import type { Lease } from "#ports/leases";
import type { Context } from "./service.ts";

const leaseName = "scheduler";
const ttlMs = 15_000;

export interface Leadership {
  leads(): boolean;
  /** 0 when it never led. */
  epoch(): number;
  resign(): Promise<void>;
}

export async function createLeadership({ ports, clock, settings, log }: Pick<Context, "ports" | "clock" | "settings" | "log">): Promise<Leadership> {
  let lease: Lease | undefined;
  // Measured on the monotonic clock from before the renewal was asked for, so that a wrong wall clock never prolongs it.
  let untilMonotonic = 0;

  const claim = async () => {
    const asked = clock.monotonic();
    const expired = lease !== undefined && clock.monotonic() >= untilMonotonic;
    const epoch = lease && !expired ? lease.epoch : 0;
    const next = await ports.leases.acquire(leaseName, settings.instanceId, { epoch, nowMs: clock.now(), ttlMs });
    if (next && next.epoch !== lease?.epoch) log.info("this process leads the scheduling", { epoch: next.epoch });
    if (!next && lease) log.warn("another process leads the scheduling now", { epoch: lease.epoch });
    lease = next;
    if (next) untilMonotonic = asked + ttlMs;
  };

  await claim();
  const timer = clock.every(ttlMs / 3, () => void claim().catch((error) => log.error("the lease was not renewed", { reason: messageOf(error) })));

  return {
    leads: () => lease !== undefined && clock.monotonic() < untilMonotonic,
    epoch: () => lease?.epoch ?? 0,
    async resign() {
      timer.cancel();
      if (lease) await ports.leases.release(lease);
      lease = undefined;
    },
  };
}
