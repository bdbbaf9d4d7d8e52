/** Refused callers in the log: each with its reason, and one that comes again and again not line by line. */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";

export interface Refusals {
  /** `from` is an address, with or without a port. */
  note(message: string, fields: { reason: string; from: string; service?: string }): void;
}

const againAfterMs = 10_000;
/** An attacker chooses addresses, so that what is remembered of them is bounded. */
const most = 1_000;

export function createRefusals(log: Log, clock: Pick<Clock, "monotonic">): Refusals {
  const saidAtMs = new Map<string, number>();
  return {
    note(message, fields) {
      const key = `${fields.from.replace(/:\d+$/, "")} ${fields.service ?? ""} ${fields.reason}`;
      const said = saidAtMs.get(key);
      if (said !== undefined && clock.monotonic() - said < againAfterMs) return;
      if (saidAtMs.size >= most) saidAtMs.clear();
      saidAtMs.set(key, clock.monotonic());
      log.warn(message, fields);
    },
  };
}
