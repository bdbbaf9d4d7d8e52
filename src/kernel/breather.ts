/**
 * Long work in one thread lets everybody else have their turn now and then: `await breathe()` between its portions. Promises alone
 * would not do that, since all that are ready are served before the next timer or packet.
 */
import type { Clock } from "./clock.ts";

const workMs = 8;

export function createBreather(clock: Clock): () => Promise<void> | undefined {
  let since = clock.monotonic();
  return () => {
    if (clock.monotonic() - since < workMs) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        since = clock.monotonic();
        resolve();
      }),
    );
  };
}
