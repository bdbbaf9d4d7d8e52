/** Those who watch the incidents of a tenant. A change is offered to each; one who falls far behind is let go, and asks again. */
import type { Call } from "#kernel/call";
import { AppError } from "#kernel/errors";
import type { IncidentChange } from "#ports/incidents";

export interface Watchers {
  publish(change: IncidentChange): void;
  /** Ends when the call is cancelled; fails with `unavailable` when more than `mostWaiting` changes were not fetched. */
  watch(tenantId: string, call: Call): AsyncGenerator<IncidentChange>;
  count(): number;
}

export const mostWaiting = 500;

interface Watcher {
  tenantId: string;
  waiting: IncidentChange[];
  wake: () => void;
  tooSlow: boolean;
}

export function createWatchers(): Watchers {
  const watchers = new Set<Watcher>();
  return {
    count: () => watchers.size,
    publish(change) {
      for (const watcher of watchers) {
        if (watcher.tenantId !== change.incident.tenantId) continue;
        watcher.tooSlow ||= watcher.waiting.length >= mostWaiting;
        if (watcher.tooSlow) watcher.waiting = [];
        else watcher.waiting.push(change);
        watcher.wake();
      }
    },
    watch(tenantId, call) {
      // Registered now and not at the first `next()`, so that nothing that happens in between is missed.
      const watcher: Watcher = { tenantId, waiting: [], wake: () => {}, tooSlow: false };
      const leave = () => {
        watchers.delete(watcher);
        watcher.wake();
      };
      if (!call.signal.aborted) watchers.add(watcher);
      call.signal.addEventListener("abort", leave, { once: true });
      return follow(watcher, call, leave);
    },
  };
}

async function* follow(watcher: Watcher, call: Call, leave: () => void): AsyncGenerator<IncidentChange> {
  try {
    while (!call.signal.aborted) {
      if (watcher.tooSlow) throw new AppError("unavailable", `too slow: more than ${mostWaiting} changes were waiting, list again and watch anew`);
      const next = watcher.waiting.shift();
      if (next) yield next;
      else await new Promise<void>((resolve) => (watcher.wake = resolve));
    }
  } finally {
    call.signal.removeEventListener("abort", leave);
    leave();
  }
}
