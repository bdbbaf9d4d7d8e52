/** Follows a set of things: all there are first, then every change, and all over again when the stream breaks. */
import type { Call } from "./call.ts";
import type { Clock } from "./clock.ts";
import { follow } from "./follow.ts";
import type { Log } from "./log.ts";

export interface SetChange<T> {
  change: { case: "saved"; value: T } | { case: "deleted"; value: string } | { case: "synced"; value: boolean } | { case: undefined; value?: undefined };
}

export interface SetFollower<T> {
  /** Who reads, for the log and the call. */
  role: string;
  /** What is read, for the log. */
  what: string;
  open(call: Call): AsyncIterable<SetChange<T>>;
  saved(value: T): void;
  deleted(id: string): void;
  /** All there are have been told; `known` holds their ids, so that what was deleted unseen can be forgotten. */
  synced(known: ReadonlySet<string>): void;
}

export function followSet<T extends { id: string }>(context: { clock: Clock; log: Log }, signal: AbortSignal, follower: SetFollower<T>): Promise<void> {
  /** Only until all have been told: there may be a hundred thousand. */
  let known: Set<string> | undefined;
  return follow(context, signal, {
    role: follower.role,
    what: follower.what,
    open: (call) => follower.open(call),
    opened: () => void (known = new Set()),
    each({ change }) {
      if (change.case === "saved") {
        known?.add(change.value.id);
        follower.saved(change.value);
      } else if (change.case === "deleted") {
        known?.delete(change.value);
        follower.deleted(change.value);
      } else if (change.case === "synced") {
        follower.synced(known ?? new Set());
        known = undefined;
      }
    },
  });
}
