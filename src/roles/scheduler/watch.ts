/** Follows config's checks: all of them first, then every change; begins again when the stream breaks. */
import type { Check, ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { systemCall, withSignal } from "#kernel/call";
import { sleep, type Clock } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";

export interface CheckListener {
  saved(check: Check): void;
  deleted(checkId: string): void;
  synced(): void;
  /** The ids of all checks there are, each time the stream has begun anew. */
  onlyKnown(known: Set<string>): void;
}

export interface WatchContext {
  needs: { config: Client<typeof ConfigService> };
  clock: Clock;
  log: Log;
}

const againAfterMs = 500;

export async function watchChecks({ needs, clock, log }: WatchContext, signal: AbortSignal, listener: CheckListener): Promise<void> {
  while (!signal.aborted) {
    const known = new Set<string>();
    try {
      for await (const { change } of needs.config.watchChecks({}, withSignal(systemCall("scheduler"), signal))) {
        if (change.case === "saved") {
          known.add(change.value.id);
          listener.saved(change.value);
        } else if (change.case === "deleted") {
          listener.deleted(change.value);
        } else if (change.case === "synced") {
          listener.onlyKnown(known);
          listener.synced();
        }
      }
    } catch (error) {
      log.warn("config cannot be followed: trying again", { reason: messageOf(error) });
    }
    await sleep(clock, againAfterMs, signal).catch(() => {});
  }
}
