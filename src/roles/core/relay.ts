/**
 * Tells stored results to whoever decides about them. The log is the outbox: a result counts as told once its message has been
 * handled, and after a crash everything that was not is told again, in order, which changes nothing for those who heard it.
 */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Result } from "#contracts/uptimeping/core/v1/core_pb";
import type { CheckResult } from "#contracts/uptimeping/events/v1/events_pb";
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import type { Log } from "#kernel/log";
import { runIdOf } from "#kernel/ids";
import type { OutgoingMessage, Queue } from "#ports/queue";
import type { Routine } from "#ports/queue_codec";
import type { ResultStore, StoredResult } from "#ports/results";
import { checkIdOf, locationOf } from "#ports/series";
import { messageOfResult } from "./result_message.ts";

export interface Tellable {
  readonly result: StoredResult;
  readonly check: Check;
  /** "" of nearly all. */
  readonly traceparent: string;
  /** Of its check at its location, before this result. */
  readonly state: { goodsInRow: number };
}

export interface Relay {
  /** In the order of their sequences. */
  tell(results: Tellable[]): void;
  /** Tells what an earlier process stored and did not get told; resolves when that is handed over, not when it is handled. */
  tellRest(checkOf: (checkId: string) => Check | undefined): Promise<void>;
}

/** As many good runs as make every decision forget what was before: more than flapping looks back on, and than a recovery needs by default. */
const routineAfter = 30;
const unknown = { goodsInRow: 0 };
const batch = 1_000;
const againAfterMs = 1_000;

interface Told {
  messages: OutgoingMessage<"check_results">[];
  through: number;
  handled: boolean;
}

export function createRelay(ports: { queue: Queue; results: ResultStore }, { clock, log }: { clock: Clock; log: Log }): Relay {
  /** Batches in the order of telling; the mark moves over those at the front that were handled. */
  const open: Told[] = [];

  const publish = (messages: OutgoingMessage<"check_results">[], through: number) => {
    const told = { messages, through, handled: false };
    open.push(told);
    send(told);
  };

  const send = (told: Told) => {
    ports.queue.publish("check_results", told.messages, { recomputable: true }).then(
      () => {
        failpoint("results_handled");
        told.handled = true;
        while (open[0]?.handled) ports.results.markRelayed(open.shift()!.through);
      },
      (error) => {
        log.error("results were not told: trying again", { results: told.messages.length, reason: messageOf(error) });
        clock.after(againAfterMs, () => send(told));
      },
    );
  };

  return {
    tell(results) {
      if (results.length > 0) publish(results.map(({ result, check, traceparent, state }) => new ToldResult(result, check, traceparent, state)), results.at(-1)!.result.sequence);
    },
    async tellRest(checkOf) {
      for (let from = ports.results.relayed(); ; ) {
        const results = await ports.results.after(from, batch);
        if (results.length === 0) return;
        from = results.at(-1)!.sequence;
        const known = results.flatMap((result) => {
          const check = checkOf(checkIdOf(result.checkId));
          return check ? [new ToldResult(result, check, "", unknown)] : [];
        });
        if (known.length > 0) publish(known, from);
      }
    },
  };
}

/**
 * A stored result as a message. Nearly all of them change nothing for anybody, so the whole result is made only for the one
 * who reads it.
 */
class ToldResult implements OutgoingMessage<"check_results">, CheckResult, Routine {
  /** Of several locations one may decide by what another says, and tell of its own run. */
  readonly isRoutine: boolean;
  #result: Result | undefined = undefined;

  constructor(
    private readonly stored: StoredResult,
    readonly check: Check,
    public traceparent: string,
    { goodsInRow }: Tellable["state"],
  ) {
    this.isRoutine = stored.status === "up" && goodsInRow >= Math.max(routineAfter, check.recoveryThreshold) && check.locations.length <= 1;
  }

  get $typeName(): CheckResult["$typeName"] {
    return "uptimeping.events.v1.CheckResult";
  }
  get id(): string {
    return runIdOf(this.check.id, this.stored.slotMs, this.location);
  }
  get tenantId(): string {
    return this.stored.tenantId;
  }
  get body(): this {
    return this;
  }
  get sequence(): number {
    return this.stored.sequence;
  }
  get status(): string {
    return this.stored.status;
  }
  get location(): string {
    return locationOf(this.stored.checkId);
  }
  get startedAtMs(): number {
    return this.stored.startedAtMs;
  }
  get result(): Result {
    return (this.#result ??= messageOfResult(this.stored, this.check));
  }
}
