/** Changes of the ledger as they happen, for those who watch. A watcher that does not keep up loses the oldest changes. */
import type { LedgerRow } from "#ports/ledger";

export interface Feed {
  publish(rows: LedgerRow[]): void;
  /** Ends when the signal aborts. */
  watch(tenantId: string, signal: AbortSignal): AsyncIterable<LedgerRow>;
}

const mostWaiting = 1_000;

interface Watcher {
  tenantId: string;
  waiting: LedgerRow[];
  wake: () => void;
}

export function createFeed(): Feed {
  const watchers = new Set<Watcher>();
  return {
    publish(rows) {
      for (const watcher of watchers) {
        const own = rows.filter((row) => row.tenantId === watcher.tenantId);
        if (own.length === 0) continue;
        watcher.waiting.push(...own);
        watcher.waiting.splice(0, watcher.waiting.length - mostWaiting);
        watcher.wake();
      }
    },
    watch(tenantId, signal) {
      const watcher: Watcher = { tenantId, waiting: [], wake: () => {} };
      // From the call on, not from the first read: nothing that happens in between is lost.
      watchers.add(watcher);
      signal.addEventListener("abort", () => watchers.delete(watcher), { once: true });
      return drain(watcher, signal, () => watchers.delete(watcher));
    },
  };
}

async function* drain(watcher: Watcher, signal: AbortSignal, leave: () => void): AsyncGenerator<LedgerRow> {
  try {
    while (!signal.aborted) {
      const next = watcher.waiting.shift();
      if (next !== undefined) {
        yield next;
        continue;
      }
      await new Promise<void>((resolve) => {
        watcher.wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  } finally {
    leave();
  }
}
