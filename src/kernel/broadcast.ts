/** Tells every subscriber of this process. A subscriber that does not keep up loses the oldest, and is told how many. */
export interface Broadcast<T> {
  send(value: T): void;
  /** Ends when the signal aborts. Starts with what is sent after the call, not after the first read. */
  subscribe(signal: AbortSignal, wanted?: (value: T) => boolean): AsyncIterable<T>;
  readonly subscribers: number;
}

const maxWaiting = 10_000;

interface Subscriber<T> {
  waiting: T[];
  wanted: (value: T) => boolean;
  wake: () => void;
}

export function createBroadcast<T>(onLoss: (lost: number) => void = () => {}): Broadcast<T> {
  const subscribers = new Set<Subscriber<T>>();
  return {
    get subscribers() {
      return subscribers.size;
    },
    send(value) {
      for (const subscriber of subscribers) {
        if (!subscriber.wanted(value)) continue;
        subscriber.waiting.push(value);
        if (subscriber.waiting.length > maxWaiting) {
          subscriber.waiting.splice(0, maxWaiting / 2);
          onLoss(maxWaiting / 2);
        }
        subscriber.wake();
      }
    },
    subscribe(signal, wanted = () => true) {
      const subscriber: Subscriber<T> = { waiting: [], wanted, wake: () => {} };
      if (!signal.aborted) subscribers.add(subscriber);
      signal.addEventListener("abort", () => subscribers.delete(subscriber), { once: true });
      return read(subscriber, signal, () => subscribers.delete(subscriber));
    },
  };
}

async function* read<T>(subscriber: Subscriber<T>, signal: AbortSignal, leave: () => void): AsyncGenerator<T> {
  const onAbort = () => subscriber.wake();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    while (!signal.aborted) {
      const batch = subscriber.waiting;
      subscriber.waiting = [];
      for (const value of batch) yield value;
      if (subscriber.waiting.length === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          subscriber.wake = resolve;
        });
      }
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    leave();
  }
}
