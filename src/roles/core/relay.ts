/**
 * Tells stored results to whoever decides about them. The log is the outbox: a result counts as told once its message has been
 * handled, and after a crash everything that was not is told again, in order, which changes nothing for those who heard it.
 */
import { create } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { CheckResultSchema } from "#contracts/uptimeping/events/v1/events_pb";
import type { Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import { homeLocation, type OutgoingMessage, type Queue } from "#ports/queue";
import type { ResultStore, StoredResult } from "#ports/results";
import { messageOfResult } from "./result_message.ts";

export interface Tellable {
  result: StoredResult;
  check: Check;
  /** Computed when it is not at hand. */
  runId?: string;
}

export interface Relay {
  /** In the order of their sequences. */
  tell(results: Tellable[]): void;
  /** Tells what an earlier process stored and did not get told; resolves when that is handed over, not when it is handled. */
  tellRest(checkOf: (checkId: string) => Check | undefined): Promise<void>;
}

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
        told.handled = true;
        while (open[0]?.handled) ports.results.markRelayed(open.shift()!.through);
      },
      (error) => {
        log.error("results were not told: trying again", { results: told.messages.length, reason: messageOf(error) });
        clock.after(againAfterMs, () => send(told));
      },
    );
  };

  const messageFor = ({ result, check, runId }: Tellable): OutgoingMessage<"check_results"> => {
    const told = messageOfResult(result, homeLocation, check, runId);
    return { id: told.id, tenantId: result.tenantId, body: create(CheckResultSchema, { result: told, check, sequence: result.sequence }) };
  };

  return {
    tell(results) {
      if (results.length > 0) publish(results.map(messageFor), results.at(-1)!.result.sequence);
    },
    async tellRest(checkOf) {
      for (let from = ports.results.relayed(); ; ) {
        const results = await ports.results.after(from, batch);
        if (results.length === 0) return;
        from = results.at(-1)!.sequence;
        const known = results.flatMap((result) => {
          const check = checkOf(result.checkId);
          return check ? [messageFor({ result, check })] : [];
        });
        if (known.length > 0) publish(known, from);
      }
    },
  };
}
