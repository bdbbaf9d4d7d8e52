/** One job of a tenant at a time, and few in all: a tenant waits behind itself first, and never behind a crowd of another's. */
import { AppError } from "#kernel/errors";

export interface JobQueue {
  run<T>(tenantId: string, work: () => Promise<T>): Promise<T>;
}

export interface JobQueueOptions {
  /** Running together, over all tenants. */
  atOnce: number;
  /** Running and waiting of one tenant; more are refused. */
  perTenant: number;
}

export function createJobQueue({ atOnce, perTenant }: JobQueueOptions): JobQueue {
  const queued = new Map<string, number>();
  const last = new Map<string, Promise<unknown>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  const slot = async () => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
  };
  // A slot that is given back goes to the next in line without ever being free.
  const giveBack = () => {
    const next = waiting.shift();
    if (next) next();
    else running--;
  };
  const inSlot = async <T>(work: () => Promise<T>) => {
    await slot();
    try {
      return await work();
    } finally {
      giveBack();
    }
  };

  return {
    async run(tenantId, work) {
      const ahead = queued.get(tenantId) ?? 0;
      if (ahead >= perTenant) {
        throw new AppError("rate_limited", `too many uploads at once: ${ahead} are being processed, try again in a moment`, { retryAfterS: 2 });
      }
      queued.set(tenantId, ahead + 1);
      const before = last.get(tenantId) ?? Promise.resolve();
      const mine = before.then(
        () => inSlot(work),
        () => inSlot(work),
      );
      last.set(tenantId, mine);
      try {
        return await mine;
      } finally {
        const left = queued.get(tenantId)! - 1;
        if (left > 0) queued.set(tenantId, left);
        else {
          queued.delete(tenantId);
          last.delete(tenantId);
        }
      }
    },
  };
}
