/** `grpc.health.v1`: is a role ready, by its service's full name; is the process, by "". What orchestrators and other clients probe. */
import { Health, HealthCheckResponse_ServingStatus as Status } from "#contracts/grpc/health/v1/health_pb";
import { sleep, type Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Readiness } from "#kernel/role";
import type { Api } from "#kernel/rpc/contract";

export interface HealthOptions {
  /** By the full name of the service; empty text is ready. */
  services: ReadonlyMap<string, Readiness>;
  draining: AbortSignal;
  clock: Clock;
}

/** Readiness is asked for, not told: a change is seen within this time. */
const lookEveryMs = 1_000;

export function healthApi({ services, draining, clock }: HealthOptions): Api<typeof Health> {
  const statusOf = (service: string): Status => {
    const asked = service === "" ? [...services.values()] : [services.get(service)];
    if (asked.includes(undefined)) return Status.SERVICE_UNKNOWN;
    return !draining.aborted && asked.every((ready) => ready!() === "") ? Status.SERVING : Status.NOT_SERVING;
  };
  return {
    async check({ service }) {
      const status = statusOf(service);
      if (status === Status.SERVICE_UNKNOWN) throw new AppError("not_found", `no service ${JSON.stringify(service)} is here`);
      return { status };
    },
    async *watch({ service }, call) {
      let last: Status | undefined;
      const woken = AbortSignal.any([call.signal, draining]);
      while (!call.signal.aborted) {
        const status = statusOf(service);
        if (status !== last) yield { status };
        last = status;
        if (draining.aborted) throw new AppError("unavailable", "this process is stopping");
        await sleep(clock, lookEveryMs, woken).catch(() => {});
      }
    },
  };
}
