/**
 * Asks core and the scheduler, every 15 s, what is wrong with the running of checks, and makes incidents of it. They belong to those who run the
 * platform, the members of its oldest tenant: nobody else hears of them.
 */
import type { AuthService } from "#contracts/uptimeping/auth/v1/auth_pb";
import type { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import type { SchedulerService } from "#contracts/uptimeping/scheduler/v1/scheduler_pb";
import { systemCall, withTimeout } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";
import type { Connectivity } from "../mass_failure.ts";
import type { PlatformReport } from "./report.ts";
import { createStallWatch } from "./stall.ts";

export interface PlatformWatch {
  report(report: PlatformReport): Promise<void>;
  /** What core says of our own network; never rejects. */
  connectivity(): Promise<Connectivity>;
  /** A result of a check has come. */
  heard(): void;
  /** Asks core now. */
  look(): void;
  begin(): void;
  stop(): void;
}

export interface PlatformWatchOptions {
  auth: Client<typeof AuthService>;
  core: Client<typeof CoreService>;
  scheduler: Client<typeof SchedulerService>;
  /** Takes a report into the incidents of a tenant. */
  take(tenantId: string, report: PlatformReport): Promise<void>;
  clock: Clock;
  log: Log;
}

const lookEveryMs = 15_000;
const answerWithinMs = 10_000;

export function createPlatformWatch({ auth, core, scheduler, take, clock, log }: PlatformWatchOptions): PlatformWatch {
  const stall = createStallWatch(scheduler, clock);
  let operator = "";
  let looking: Promise<void> | undefined;
  let stop = () => {};
  const call = () => withTimeout(systemCall("incident"), clock, answerWithinMs);

  const operatorTenant = async () => (operator ||= (await auth.getTenancy({}, call())).operatorTenantId);

  const report = async (one: PlatformReport) => {
    const tenantId = await operatorTenant();
    // Before the first owner was made there is nobody to tell.
    if (tenantId !== "") await take(tenantId, one);
  };

  const conditions = async (): Promise<PlatformReport[]> => {
    const stalled = { key: "stalled", title: "no check is run", severity: "critical", sinceMs: 0 };
    try {
      const { items } = await core.listPlatformConditions({}, call());
      const problem = await stall.problem(call());
      return [...items, { ...stalled, failing: problem !== "", message: problem && `no check is run: ${problem}` }];
    } catch (error) {
      return [{ ...stalled, failing: true, message: `no check is run: core does not answer: ${messageOf(error)}` }];
    }
  };

  const look = async () => {
    for (const one of await conditions()) await report(one);
  };

  const lookOnce = () => {
    looking ??= look()
      .catch((error: unknown) => log.warn("the state of the platform itself was not taken in", { reason: messageOf(error) }))
      .finally(() => (looking = undefined));
  };

  return {
    report,
    async connectivity() {
      const { known, online } = await core.checkConnectivity({}, call()).catch(() => ({ known: false, online: false }));
      return known ? (online ? "online" : "offline") : "unknown";
    },
    heard: () => stall.heard(),
    look: lookOnce,
    begin() {
      const timer = clock.every(lookEveryMs, lookOnce);
      stop = () => timer.cancel();
    },
    stop: () => stop(),
  };
}
