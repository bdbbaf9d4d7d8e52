/** Every check with its schedule and its next slot, in order of what is due. */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Clock } from "#kernel/clock";
import type { StoredSchedule } from "#ports/schedules";
import type { Calendar } from "./calendar.ts";
import { createDueHeap } from "./due_heap.ts";

export interface Entry {
  /** Place in the heap's numbering. */
  index: number;
  check: Check | undefined;
  schedule: StoredSchedule | undefined;
  /** The slot that is next; Infinity when none is. */
  nextMs: number;
  toldMs: number;
  /** The told slot that is stored. */
  markedMs: number;
  /** Why slots before the next one may be missing. */
  gapReason: string;
  /** When the locations that the check did not name at first were added, by their names. */
  joinedMs: Map<string, number> | undefined;
}

export interface Plan {
  /** Made when it is new. */
  entry(checkId: string): Entry;
  find(checkId: string): Entry | undefined;
  entries(): Iterable<Entry>;
  forget(checkId: string): void;
  /** Works out the next slot anew, from what was told of the check and from the time it is. */
  renew(entry: Entry): void;
  moveTo(entry: Entry, nextMs: number): void;
  nextDueMs(): number;
  /** The earliest entry, which leaves the plan until it is moved. */
  take(): Entry;
  readonly size: number;
}

export interface PlanContext {
  clock: Clock;
  calendar: Calendar;
  /** A check that runs at most this often runs its newest missed slot at once. */
  catchUpAfterMs: number;
  /** Something is due at this time. */
  onPlaced(dueMs: number): void;
}

export function createPlan({ clock, calendar, catchUpAfterMs, onPlaced }: PlanContext): Plan {
  const entries = new Map<string, Entry>();
  const byIndex: (Entry | undefined)[] = [];
  const free: number[] = [];
  const heap = createDueHeap();

  const moveTo = (entry: Entry, nextMs: number) => {
    entry.nextMs = nextMs;
    if (!Number.isFinite(nextMs)) return heap.remove(entry.index);
    heap.set(entry.index, nextMs);
    onPlaced(nextMs);
  };

  const firstSlot = (schedule: StoredSchedule, toldMs: number): number => {
    const now = clock.now();
    const next = calendar.next(schedule.checkId, schedule, now);
    if (toldMs === 0 || toldMs >= now) return next;
    const rare = (schedule.everyMs > 0 ? schedule.everyMs : next - now) >= catchUpAfterMs;
    if (!rare) return next;
    const afterTold = calendar.next(schedule.checkId, schedule, Math.max(toldMs, schedule.activeSinceMs));
    return afterTold <= now ? calendar.newest(schedule.checkId, schedule, afterTold, now) : next;
  };

  return {
    entry(checkId) {
      const known = entries.get(checkId);
      if (known) return known;
      const index = free.pop() ?? byIndex.length;
      const entry: Entry = { index, check: undefined, schedule: undefined, nextMs: Number.POSITIVE_INFINITY, toldMs: 0, markedMs: 0, gapReason: "process_down", joinedMs: undefined };
      byIndex[index] = entry;
      entries.set(checkId, entry);
      return entry;
    },
    find: (checkId) => entries.get(checkId),
    entries: () => entries.values(),
    forget(checkId) {
      const entry = entries.get(checkId);
      if (!entry) return;
      heap.remove(entry.index);
      byIndex[entry.index] = undefined;
      free.push(entry.index);
      entries.delete(checkId);
    },
    renew(entry) {
      const { check, schedule } = entry;
      const runs = check?.enabled && schedule && !schedule.removed;
      moveTo(entry, runs ? firstSlot(schedule, Math.max(entry.toldMs, schedule.toldMs)) : Number.POSITIVE_INFINITY);
    },
    moveTo,
    nextDueMs: () => heap.nextDueMs(),
    take: () => byIndex[heap.pop()]!,
    get size() {
      return heap.size;
    },
  };
}
