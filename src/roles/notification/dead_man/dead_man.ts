/**
 * The dead man's switch: an outside service is pinged for as long as the whole path works, and raises the alarm when it hears nothing.
 *
 * A walk takes the way of every check: a task on the queue, core's probe, the stored result, the decision, the outbox, the ledger, a
 * message that is sent. Only when that message arrives, and the scheduler says that it looks for due slots, is the ping sent; a timer
 * would prove no more than that a timer runs. Each check
 * of the walks is probed twice, first failing and then good, so that each walk makes one message: opened, then resolved. After that another
 * check takes its place, or its runs would be called flapping.
 *
 * All of it belongs to a tenant of which nobody is a member. Core forgets a check of a walk when the next one comes; the incidents and
 * messages go with the sweeps of their roles after a day.
 */
import { create } from "@bufbuild/protobuf";
import { CheckTaskSchema } from "#contracts/uptimeping/events/v1/events_pb";
import type { Clock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { runIdOf, type Ids } from "#kernel/ids";
import type { Log } from "#kernel/log";
import { platformTenant } from "#ports/platform_tenant";
import { homeLocation, type Queue } from "#ports/queue";
import type { Channels } from "../channels.ts";
import { openLoopback, type Arrival } from "./loopback.ts";

export interface DeadMan {
  begin(): Promise<void>;
  stop(): Promise<void>;
}

export interface DeadManOptions {
  queue: Pick<Queue, "publish">;
  channels: Pick<Channels, "list" | "register" | "remove">;
  /** Rejects when the scheduler, with which a walk does not begin, no longer looks for due slots. */
  scheduling(): Promise<void>;
  /** Tells the outside; rejects when that fails. */
  ping(): Promise<void>;
  everyMs: number;
  clock: Clock;
  ids: Ids;
  log: Log;
}

interface Walk {
  checkId: string;
  step: "failing" | "good";
  hasArrived: boolean;
}

const firstAfterMs = 1_000;
const probeTimeoutMs = 5_000;
/** Better no start than a switch that can never ping. */
function refuse(error: unknown): never {
  const why = error instanceof AppError ? (error.fields[0]?.message ?? error.message) : messageOf(error);
  throw new AppError("invalid_argument", `dead-man-url: the dead man's switch cannot walk over its own loopback address: ${why}`);
}

const messageOfStep = { failing: "incident.opened", good: "incident.resolved" };

export function createDeadMan({ queue, channels, scheduling, ping, everyMs, clock, ids, log }: DeadManOptions): DeadMan {
  let walk: Walk | undefined;
  let channelId = "";
  const stops: (() => void)[] = [];

  const arrived = ({ type, checkId }: Arrival) => {
    // One that took longer than the interval proves that the path is too slow, not that it works.
    if (!walk || walk.hasArrived || walk.checkId !== checkId || messageOfStep[walk.step] !== type) return;
    walk.hasArrived = true;
    scheduling()
      .then(ping)
      .catch((error: unknown) => log.warn("the ping of the dead man's switch did not get through", { reason: messageOf(error) }));
  };

  const loopback = openLoopback(arrived);

  const setOut = () => {
    if (walk && !walk.hasArrived) log.error("a walk of the dead man's switch did not arrive: no ping is sent", { step: walk.step, check: walk.checkId });
    walk = walk?.step === "failing" ? { checkId: walk.checkId, step: "good", hasArrived: false } : { checkId: ids.next("chk"), step: "failing", hasArrived: false };
    const slotMs = clock.now();
    const id = runIdOf(walk.checkId, slotMs, homeLocation);
    const check = {
      id: walk.checkId,
      tenantId: platformTenant,
      name: "dead man's switch",
      type: "http",
      enabled: true,
      target: { url: walk.step === "failing" ? loopback.failingUrl : loopback.goodUrl },
      timeoutMs: probeTimeoutMs,
      failureThreshold: 1,
      recoveryThreshold: 1,
      channels: [channelId],
      version: walk.step === "failing" ? 1 : 2,
    };
    const body = create(CheckTaskSchema, { runId: id, check, slotMs, location: homeLocation, trigger: "schedule", dueSinceMs: slotMs });
    queue.publish("check_tasks", [{ id, tenantId: platformTenant, body }], { recomputable: true }).catch((error: unknown) => log.error("a walk of the dead man's switch could not set out", { reason: messageOf(error) }));
  };

  return {
    async begin() {
      // Those of earlier processes lead to a port that is gone.
      for (const { id } of await channels.list(platformTenant, "", 100)) await channels.remove(platformTenant, id);
      ({ id: channelId } = await channels.register(platformTenant, { type: "webhook", name: "dead man's switch", settings: { url: loopback.sinkUrl } }).catch(refuse));
      const first = clock.after(Math.min(firstAfterMs, everyMs), setOut);
      const rest = clock.every(everyMs, setOut);
      stops.push(() => first.cancel(), () => rest.cancel());
    },
    async stop() {
      for (const stop of stops) stop();
      await loopback.stop();
    },
  };
}
