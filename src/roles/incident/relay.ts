/**
 * Hands committed events to the queue, in the order in which they were decided, and forgets them when they have been handled.
 * A crash in between hands them over again: their ids stay the same. One at a time, so that the order holds.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { IncidentEventSchema } from "#contracts/uptimeping/events/v1/events_pb";
import type { Clock, Timer } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { Log } from "#kernel/log";
import type { IncidentStore, OutboxEvent } from "#ports/incidents";
import type { OutgoingMessage, Queue } from "#ports/queue";

export interface Relay {
  /** Events may be waiting. */
  kick(): void;
  /** Why events cannot be handed over; "" when they can. */
  trouble(): string;
  /** Hands over no more; resolves when the current batch is done. */
  stop(): Promise<void>;
}

const batchSize = 200;
const firstPauseMs = 500;
const longestPauseMs = 30_000;

export function createRelay({ store, queue, clock, log }: { store: IncidentStore; queue: Queue; clock: Clock; log: Log }): Relay {
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let pauseMs = firstPauseMs;
  let timer: Timer | undefined;
  let trouble = "";

  const drain = async () => {
    while (!stopped) {
      again = false;
      const waiting = await store.waitingEvents(batchSize);
      if (waiting.length > 0) {
        failpoint("events_read");
        // The outbox is what survives a crash: the queue need not keep a second copy, and the rows go once the events are handled.
        await queue.publish("notifications", waiting.map(messageFrom), { recomputable: true });
        failpoint("events_handled_before_removal");
        await store.removeEvents(waiting.map((event) => event.id));
        failpoint("events_removed");
      } else if (!again) return;
    }
  };

  const run = async () => {
    try {
      await drain();
      trouble = "";
      pauseMs = firstPauseMs;
    } catch (error) {
      trouble = `incident events cannot be handed to the queue: ${messageOf(error)}`;
      log.error("incident events wait", { reason: messageOf(error), retryInMs: pauseMs });
      if (!stopped) timer = clock.after(pauseMs, kick);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  };

  const kick = () => {
    again = true;
    if (stopped || running) return;
    timer?.cancel();
    running = run().finally(() => {
      running = undefined;
      if (again && trouble === "") kick();
    });
  };

  return {
    kick,
    trouble: () => trouble,
    async stop() {
      stopped = true;
      timer?.cancel();
      await running;
    },
  };
}

function messageFrom({ id, tenantId, body }: OutboxEvent): OutgoingMessage<"notifications"> {
  return { id, tenantId, body: fromBinary(IncidentEventSchema, body) };
}
