/**
 * Leadership. A process that runs roles which remember takes the leases of all of them or of none, so that the roles of one
 * process always work together; until it has them it stands by. One that could not renew its leases in time no longer leads: another
 * may have taken them. When it was only the store that did not answer, nobody could, and it goes on where it was; otherwise it ends, and
 * whatever it still tries to write is refused by the store.
 */
import { sleep, type Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { Leadership } from "#kernel/leadership";
import type { Log } from "#kernel/log";
import type { Lease, LeaseStore } from "#ports/leases";

export interface LeadOptions {
  /** Names of the roles that lead. */
  roles: string[];
  leases: LeaseStore;
  /** Name of this process among those that share the store. */
  holder: string;
  clock: Clock;
  log: Log;
  /** Ends the waiting. */
  signal: AbortSignal;
  /** Whether others may want them too; nobody needs to be told of what could not be otherwise. */
  competes: boolean;
  /** Called once, when another process leads and the waiting begins. */
  onStandBy: () => void;
  /** Called once, when the process no longer leads although it did not resign. */
  onLost: (role: string) => void;
}

export interface Leading {
  of(role: string): Leadership;
  /** Gives the leases back, so that another process takes over at once. */
  resign(): Promise<void>;
}

/** Take-over takes this long at most after a leader died, and as long as a look at the leases after one that resigned. */
export const leaseTtlMs = 12_000;
const lookEveryMs = 1_000;

/** Resolves when this process leads all of these roles; rejects when the signal aborts before. */
export async function lead(options: LeadOptions): Promise<Leading> {
  const { roles, clock, log, signal, competes } = options;
  for (let isFirst = true; ; isFirst = false) {
    const asked = clock.monotonic();
    const leases = await takeAll(options).catch((error) => {
      log.warn("the leases cannot be taken: trying again", { reason: messageOf(error) });
      return undefined;
    });
    if (leases) {
      log[competes ? "info" : "debug"]("this process leads", { roles: roles.join(", "), epochs: leases.map(({ epoch }) => epoch).join(", ") });
      return keep(leases, asked, options);
    }
    if (isFirst) {
      log.info("another process leads: this one stands by", { roles: roles.join(", ") });
      options.onStandBy();
    }
    // Not in step with others that wait, or each would take some and nobody all.
    await sleep(clock, Math.floor(lookEveryMs * (0.5 + Math.random() / 2)), signal);
  }
}

/** All of them, or undefined and none. */
async function takeAll({ roles, leases, holder, clock }: LeadOptions): Promise<Lease[] | undefined> {
  const claims = await Promise.allSettled(roles.map((role) => leases.acquire(role, holder, { epoch: 0, nowMs: clock.now(), ttlMs: leaseTtlMs })));
  failpoint("leases_taken");
  const taken = claims.flatMap((claim) => (claim.status === "fulfilled" && claim.value ? [claim.value] : []));
  if (taken.length === roles.length) return taken;
  await Promise.allSettled(taken.map((lease) => leases.release(lease)));
  const failed = claims.find((claim) => claim.status === "rejected");
  if (failed) throw failed.reason;
  return undefined;
}

function keep(taken: Lease[], asked: number, { leases: store, holder, clock, log, onLost }: LeadOptions): Leading {
  // Measured on the monotonic clock from before the renewal was asked for, so that a wrong wall clock never prolongs it.
  let untilMonotonic = asked + leaseTtlMs;
  let renewing = false;
  let isOver = false;

  const lose = (role: string) => {
    if (isOver) return;
    isOver = true;
    timer.cancel();
    onLost(role);
  };

  const renew = async () => {
    const from = clock.monotonic();
    const renewed = await Promise.all(taken.map(({ name, epoch }) => store.acquire(name, holder, { epoch, nowMs: clock.now(), ttlMs: leaseTtlMs })));
    failpoint("leases_renewed");
    const lost = renewed.findIndex((lease) => lease === undefined);
    if (lost >= 0) return lose(taken[lost]!.name);
    untilMonotonic = from + leaseTtlMs;
  };

  const look = () => {
    if (renewing) return;
    renewing = true;
    renew()
      .catch((error) => log.warn("the leases were not renewed", { reason: messageOf(error) }))
      .finally(() => (renewing = false));
  };
  const timer = clock.every(leaseTtlMs / 6, look);

  return {
    of(role) {
      const lease = taken.find(({ name }) => name === role);
      return { leads: () => lease !== undefined && !isOver && clock.monotonic() < untilMonotonic, epoch: () => lease?.epoch ?? 0 };
    },
    async resign() {
      if (isOver) return;
      isOver = true;
      timer.cancel();
      await Promise.all(taken.map((lease) => store.release(lease)));
    },
  };
}
